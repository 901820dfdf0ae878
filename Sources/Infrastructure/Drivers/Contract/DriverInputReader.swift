import PlatformModel

/// Reads a driver's inputs and collects all that is wrong with them, under the driver's own code.
struct DriverInputReader {
    /// Stable: `DRV-nnn`.
    let code: String
    private(set) var problems: [Problem] = []

    init(code: String) { self.code = code }

    mutating func add(_ path: String, _ message: String, _ suggestion: String? = nil) {
        problems.append(Problem(code: code, path: path, message: message, suggestion: suggestion))
    }

    mutating func known(_ names: [String], in value: JSON, at path: String) {
        guard let members = value.object else {
            if !value.isNull { add(path, "an object is needed, not \(value.kind)") }
            return
        }
        for name in members.keys.sorted() where !names.contains(name) {
            add("\(path).\(name)", "unknown key", nearestName(to: name, among: names))
        }
    }

    /// A number, or its text: placeholders and YAML both make texts of numbers.
    mutating func port(_ value: JSON?, at path: String) -> Int? {
        guard let value, !value.isNull else { return nil }
        if let port = value.int ?? value.string.flatMap({ Int($0) }), (1...65_535).contains(port) { return port }
        add(path, "a port is a number from 1 to 65535")
        return nil
    }
}
