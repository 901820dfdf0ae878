/// `$(NAME)` in variables, commands and arguments, as Kubernetes does it: defined names are replaced, `$$(NAME)` stands for
/// `$(NAME)`, everything else stays as it is.
struct VariableExpansion {
    /// What the names stand for, and whether that is secret.
    var known: [String: (value: String, isSecret: Bool)] = [:]

    func expand(_ text: String) -> (value: String, isSecret: Bool) {
        guard text.contains("$") else { return (text, false) }
        var out = "", isSecret = false
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            out += rest[..<dollar]
            let next = rest.index(after: dollar)
            rest = rest[next...]
            if rest.first == "$" {
                out += "$"
                rest = rest.dropFirst()
            } else if rest.first == "(", let close = rest.firstIndex(of: ")"),
                let found = known[String(rest[rest.index(after: rest.startIndex)..<close])]
            {
                out += found.value
                isSecret = isSecret || found.isSecret
                rest = rest[rest.index(after: close)...]
            } else {
                out += "$"
            }
        }
        return (out + rest, isSecret)
    }
}
