import PlatformModel

/// A value with a name: dot, a variable.
struct NamedValue {
    var value: TemplateValue
    /// It was taken out of a container of any values, and Go's errors call it `interface {}`.
    var isBoxed = false
}

/// Walks a template's tree and writes its text.
struct Evaluator {
    let template: Template
    let name: String
    let state: RenderState
    let root: TemplateValue
    var variables: [(name: String, held: NamedValue)]
    var depth = 0
    /// What is being evaluated: the place of an error.
    var place: Place = .pipeline(Pipeline(position: 0))

    init(template: Template, name: String, state: RenderState, root: TemplateValue) {
        self.template = template
        self.name = name
        self.state = state
        self.root = root
        variables = [("$", NamedValue(value: root))]
    }

    /// How a list ended.
    private enum Ending {
        case done, broken, continued
    }

    mutating func run() throws(TemplateError) {
        _ = try walk(template.trees[name] ?? [], dot: NamedValue(value: root))
    }

    private mutating func walk(_ list: [Node], dot: NamedValue) throws(TemplateError) -> Ending {
        for node in list {
            let ending = try walk(node, dot: dot)
            if ending != .done { return ending }
        }
        return .done
    }

    private mutating func walk(_ node: Node, dot: NamedValue) throws(TemplateError) -> Ending {
        try spend()
        switch node {
        case .text(let text): try write(text)
        case .action(_, let pipeline):
            let value = try evaluate(pipeline, dot: dot)
            if pipeline.variables.isEmpty {
                place = .node(node)
                try print(value)
            }
        case .if(let branch): return try walkCondition(branch, dot: dot, setsDot: false)
        case .with(let branch): return try walkCondition(branch, dot: dot, setsDot: true)
        case .range(let branch): try walkRange(branch, dot: dot)
        case .template(_, let called, let pipeline): try walkTemplate(node, called, pipeline, dot: dot)
        case .break: return .broken
        case .continue: return .continued
        }
        return .done
    }

    private mutating func walkCondition(_ branch: Branch, dot: NamedValue, setsDot: Bool) throws(TemplateError) -> Ending {
        let mark = variables.count
        defer { variables.removeLast(variables.count - mark) }
        let value = try evaluate(branch.pipeline, dot: dot)
        if value.isTrue { return try walk(branch.list, dot: setsDot ? NamedValue(value: value) : dot) }
        return try walk(branch.elseList ?? [], dot: dot)
    }

    private mutating func walkRange(_ branch: Branch, dot: NamedValue) throws(TemplateError) {
        let outer = variables.count
        defer { variables.removeLast(variables.count - outer) }
        let value = try evaluate(branch.pipeline, dot: dot)
        let mark = variables.count
        var ran = false
        /// One turn; false when it broke out.
        func turn(_ key: TemplateValue, _ element: TemplateValue, isBoxed: Bool = false) throws(TemplateError) -> Bool {
            ran = true
            let names = branch.pipeline.variables, element = NamedValue(value: element, isBoxed: isBoxed)
            let key = NamedValue(value: key)
            if branch.pipeline.isAssignment {
                if names.count > 1 { try assign(names[0], key) }
                if let last = names.last { try assign(last, element) }
            } else if names.count > 1 {
                variables[mark - 1].held = element
                variables[mark - 2].held = key
            } else if names.count == 1 {
                variables[mark - 1].held = element
            }
            let ending = try walk(branch.list, dot: element)
            variables.removeLast(variables.count - mark)
            return ending != .broken
        }
        switch value {
        case .missing, .null: break
        case .int(let count, let type):
            if branch.pipeline.variables.count > 1 {
                throw failure("can't use \(count) to iterate over more than one variable")
            }
            var index: Int64 = 0
            while index < count {
                guard try turn(.missing, .int(index, type)) else { break }
                index += 1
            }
        case .list(let list):
            for (index, element) in list.elements.enumerated() {
                guard try turn(.int(index), element, isBoxed: list.element == .any) else { break }
            }
        case .dict(let map):
            // The members as they are when the loop starts.
            let members = map.members
            for key in map.sortedKeys {
                guard try turn(.string(key), members[key] ?? .null, isBoxed: !map.holdsStrings) else { break }
            }
        default:
            throw failure("range can't iterate over \(GoText.text(GoPrinter.text(value)))")
        }
        if !ran { _ = try walk(branch.elseList ?? [], dot: dot) }
    }

    private mutating func walkTemplate(
        _ node: Node, _ called: String, _ pipeline: Pipeline?, dot: NamedValue
    ) throws(TemplateError) {
        place = .node(node)
        guard template.trees[called] != nil else {
            throw failure(
                "template \(GoText.text(GoQuote.quote(Array(called.utf8)))) not defined",
                suggestion: nearestName(to: called, among: template.trees.keys.sorted()))
        }
        if depth >= state.environment.limits.depth {
            throw failure("exceeded maximum template depth (\(state.environment.limits.depth))", code: "TPL-003")
        }
        let value = try pipeline.map { (pipeline) throws(TemplateError) in try evaluate(pipeline, dot: dot) } ?? .missing
        var callee = Evaluator(template: template, name: called, state: state, root: value)
        callee.depth = depth + 1
        try callee.run()
    }
}

// Variables, output, errors.
extension Evaluator {
    mutating func assign(_ name: String, _ held: NamedValue) throws(TemplateError) {
        variables[try index(of: name)].held = held
    }

    /// Where a variable is; looking far costs steps.
    func index(of name: String) throws(TemplateError) -> Int {
        guard let index = variables.lastIndex(where: { $0.name == name }) else { throw failure("undefined variable: \(name)") }
        try spend((variables.count - index) / 16)
        return index
    }

    func spend(_ count: Int = 1) throws(TemplateError) {
        do { try state.spend(count) } catch { throw failure(error) }
    }

    private func write(_ text: GoString) throws(TemplateError) {
        do { try state.write(text) } catch { throw failure(error) }
    }

    private func print(_ value: TemplateValue) throws(TemplateError) {
        switch value {
        case .missing: try write(Array("<no value>".utf8))
        default: try write(GoPrinter.text(value))
        }
    }

    func failure(_ cause: FunctionFailure) -> TemplateError {
        failure(cause.message, code: cause.isLimit ? "TPL-003" : "TPL-002")
    }

    /// An error at the present place, in Go's words.
    func failure(_ message: String, code: String = "TPL-002", suggestion: String? = nil) -> TemplateError {
        let position = TextPosition(offset: place.position, in: template.text)
        let quoted = GoText.text(GoQuote.quote(Array(name.utf8)))
        let short = place.text
        return TemplateError(
            code: code,
            message:
                "template: \(template.name):\(position.line):\(position.column): executing \(quoted) at <\(short)>: \(message)",
            name: template.name, line: position.line, column: position.column + 1, suggestion: suggestion)
    }
}
