import PlatformModel

/// What one rendering has used and written.
final class RenderState {
    let environment: TemplateEnvironment
    private(set) var output = GoString()
    private var steps = 0
    private var threads = 0
    /// Expressions are few and used again and again.
    private var regexes: [GoString: RegularExpression] = [:]

    let now: GoTime

    init(environment: TemplateEnvironment) {
        self.environment = environment
        now = GoTime(environment.now)
    }

    func spend(_ count: Int = 1) throws(FunctionFailure) {
        steps += count
        if steps > environment.limits.steps || steps < 0 {
            throw FunctionFailure(limit: "the template takes more than \(environment.limits.steps) steps")
        }
    }

    /// Counts the work of regular expressions: four advanced threads are a step.
    func spendThreads(_ count: Int) throws(FunctionFailure) {
        threads += count
        try spend(threads / 4)
        threads %= 4
    }

    /// The compiled expression; the same one is compiled once.
    func regex(_ text: GoString) throws(RegexError) -> RegularExpression {
        if let known = regexes[text] { return known }
        let regex = try RegularExpression(text)
        threads += regex.size * 4
        if regexes.count < 100 { regexes[text] = regex }
        return regex
    }

    func write(_ text: GoString) throws(FunctionFailure) {
        try admit(bytes: output.count + text.count)
        try spend(text.count / 64)
        output += text
    }

    /// Whether a text of that size may exist at all; ask before making it.
    func admit(bytes: Int) throws(FunctionFailure) {
        if bytes > environment.limits.outputBytes || bytes < 0 {
            throw FunctionFailure(limit: "the template makes more than \(environment.limits.outputBytes) bytes of text")
        }
    }

    /// Counts what a function is about to read: eight bytes of text, or eight members, are a step.
    func read(_ values: [TemplateValue]) throws(FunctionFailure) {
        for value in values {
            switch value {
            case .string(let text): try spend(text.count / 8)
            case .list(let list): try spend(list.elements.count / 8)
            case .dict(let map): try spend(map.members.count / 8)
            default: break
            }
        }
    }

    /// Counts a value that a function made: its size, and how deep it is.
    func admit(_ value: TemplateValue) throws(FunctionFailure) { try admit(value, depth: 0) }

    private func admit(_ value: TemplateValue, depth: Int) throws(FunctionFailure) {
        if depth > environment.limits.depth {
            throw FunctionFailure(limit: "a value nests deeper than \(environment.limits.depth)")
        }
        switch value {
        case .string(let text):
            try admit(bytes: text.count)
            try spend(1 + text.count / 64)
        case .list(let list):
            try spend(1)
            for element in list.elements { try admit(element, depth: depth + 1) }
        case .dict(let map):
            try spend(1)
            for member in map.members.values { try admit(member, depth: depth + 1) }
        default: try spend(1)
        }
    }
}

/// Why a function gave no value.
struct FunctionFailure: Error {
    var message: String
    /// A bound is exceeded: the error is about the rendering and not about the function.
    var isLimit = false

    init(_ message: String) { self.message = message }

    init(limit message: String) {
        self.message = message
        isLimit = true
    }
}
