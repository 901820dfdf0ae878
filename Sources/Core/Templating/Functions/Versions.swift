// Sprig: semantic versions.
extension FunctionTable {
    mutating func addVersions() {
        add("semver", [.string]) { call throws(FunctionFailure) in .object(try SemanticVersion(call.text(0))) }
        add("semverCompare", [.string, .string]) { call throws(FunctionFailure) in
            // Every bound is read as a version.
            try call.state.spend(call.string(0).count * 4)
            let constraint = try VersionConstraint(call.text(0))
            return .bool(constraint.admits(try SemanticVersion(call.text(1))))
        }
    }
}
