/// The deployment that a command is about, where Score files could stand in its place.
enum DeploymentArgument {
    static func one(of subjects: [String]) throws(CommandFailure) -> String? {
        guard subjects.count <= 1 else { throw .usage("name one deployment; for Score files, give --definitions too") }
        if let file = subjects.first, file.hasSuffix(".yaml") || file.hasSuffix(".yml") {
            throw .usage("'\(file)' is a file: to see it without a server, give --definitions with a folder of definitions")
        }
        return subjects.first
    }
}
