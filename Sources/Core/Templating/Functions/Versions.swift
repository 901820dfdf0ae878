// Sprig: semantic versions.
extension FunctionTable {
    mutating func addVersions() {
        add("semver", [.string]) { call throws(FunctionFailure) in
            guard let version = SemanticVersion(call.text(0)) else { throw FunctionFailure("Invalid Semantic Version") }
            return try call.built(
                .dict([
                    "Major": .int64(version.numbers[0]), "Minor": .int64(version.numbers[1]), "Patch": .int64(version.numbers[2]),
                    "Prerelease": .string(version.prerelease.joined(separator: ".")), "Metadata": .string(version.metadata),
                    "Original": .string(call.string(0)),
                ]))
        }
        add("semverCompare", [.string, .string]) { call throws(FunctionFailure) in
            guard let constraint = VersionConstraint(call.text(0)) else {
                throw FunctionFailure("improper constraint: \(call.text(0))")
            }
            guard let version = SemanticVersion(call.text(1)) else { throw FunctionFailure("Invalid Semantic Version") }
            return .bool(constraint.admits(version))
        }
    }
}
