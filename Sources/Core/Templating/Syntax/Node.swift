/// A part of a template. Positions are byte offsets in its text.
indirect enum Node: Sendable {
    case text(GoString)
    case action(position: Int, Pipeline)
    case `if`(Branch)
    case with(Branch)
    case range(Branch)
    case template(position: Int, name: String, Pipeline?)
    case `break`(position: Int)
    case `continue`(position: Int)
}

/// `if`, `with` and `range`: a condition and two lists.
struct Branch: Sendable {
    var position: Int
    var pipeline: Pipeline
    var list: [Node]
    var elseList: [Node]?
}

/// `$x := command | command`.
struct Pipeline: Sendable {
    var position: Int
    var isAssignment = false
    /// With the `$`.
    var variables: [String] = []
    var commands: [Command] = []
}

/// A function or value with its arguments; the first operand is the function.
struct Command: Sendable {
    var position: Int
    var operands: [Operand] = []
}

/// A value in a command.
indirect enum Operand: Sendable {
    case field(position: Int, [String])
    case chain(position: Int, Operand, [String])
    case identifier(position: Int, String)
    case pipeline(Pipeline)
    /// The name with its `$`, then fields.
    case variable(position: Int, [String])
    case bool(position: Int, Bool)
    case dot(position: Int)
    case `nil`(position: Int)
    case number(position: Int, NumberLiteral)
    case string(position: Int, quoted: String, GoString)

    var position: Int {
        switch self {
        case .field(let position, _), .chain(let position, _, _), .identifier(let position, _), .variable(let position, _),
            .bool(let position, _), .dot(let position), .nil(let position), .number(let position, _),
            .string(let position, _, _):
            position
        case .pipeline(let pipeline): pipeline.position
        }
    }
}

/// The place that an error points at, and the text it shows there.
enum Place {
    case operand(Operand)
    case command(Command)
    case pipeline(Pipeline)
    case node(Node)

    var position: Int {
        switch self {
        case .operand(let operand): operand.position
        case .command(let command): command.position
        case .pipeline(let pipeline): pipeline.position
        case .node(.action(let position, _)), .node(.template(let position, _, _)), .node(.break(let position)),
            .node(.continue(let position)):
            position
        case .node(.if(let branch)), .node(.with(let branch)), .node(.range(let branch)): branch.position
        case .node(.text): 0
        }
    }

    /// As Go writes the node back.
    var text: String {
        switch self {
        case .operand(let operand): operand.text
        case .command(let command): command.text
        case .pipeline(let pipeline): pipeline.text
        case .node(.action(_, let pipeline)): "{{\(pipeline.text)}}"
        case .node(.template(_, let name, let pipeline)):
            "{{template \(GoText.text(GoQuote.quote(Array(name.utf8))))\(pipeline.map { " " + $0.text } ?? "")}}"
        case .node(.if(let branch)): "{{if \(branch.pipeline.text)}}"
        case .node(.with(let branch)): "{{with \(branch.pipeline.text)}}"
        case .node(.range(let branch)): "{{range \(branch.pipeline.text)}}"
        case .node(.break): "{{break}}"
        case .node(.continue): "{{continue}}"
        case .node(.text(let text)): GoText.text(text)
        }
    }
}

extension Pipeline {
    var text: String {
        let declared = variables.isEmpty ? "" : variables.joined(separator: ", ") + (isAssignment ? " = " : " := ")
        return declared + commands.map(\.text).joined(separator: " | ")
    }
}

extension Command {
    var text: String { operands.map(\.argumentText).joined(separator: " ") }
}

extension Operand {
    var text: String {
        switch self {
        case .field(_, let names): names.map { "." + $0 }.joined()
        case .chain(_, let operand, let names): operand.argumentText + names.map { "." + $0 }.joined()
        case .identifier(_, let name): name
        case .pipeline(let pipeline): pipeline.text
        case .variable(_, let names): names.joined(separator: ".")
        case .bool(_, let value): value ? "true" : "false"
        case .dot: "."
        case .nil: "nil"
        case .number(_, let number): number.text
        case .string(_, let quoted, _): quoted
        }
    }

    /// A pipeline as an argument stands in parentheses.
    var argumentText: String {
        if case .pipeline(let pipeline) = self { return "(\(pipeline.text))" }
        return text
    }
}
