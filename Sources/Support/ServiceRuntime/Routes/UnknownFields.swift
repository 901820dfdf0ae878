import PlatformModel

extension Problem {
    /// The fields of a body that the route does not have. On our own routes such a field is a mistake, and never ignored.
    ///
    /// - Parameters:
    ///   - known: What the route has there.
    ///   - path: What goes before the name: empty at the top, `files[0].` below it.
    /// - Returns: One problem a field, by its path, in the order of the names.
    package static func unknownFields(_ members: [String: JSON], known: [String], at path: String = "") -> [Problem] {
        members.keys.filter { !known.contains($0) }.sorted().prefix(HTTPFailure.mostProblems).map { name in
            // A name may be as long as a body.
            let name = String(name.prefix(200))
            return Problem(
                code: "API-101", path: path + name, message: "unknown field", suggestion: nearestName(to: name, among: known))
        }
    }
}
