import PlatformModel
import PureDrivers

/// Outputs of Terraform (`output -json`, or the `outputs` of a state) as those of a resource.
enum TerraformOutputs {
    /// - Throws: `DRV-706` for a shape that Terraform does not write, or manifests that are none.
    static func result(
        _ outputs: JSON, manifestsOutput: String?, _ request: DriverRequest
    ) throws(DriverError) -> DriverResult {
        guard let members = outputs.object else {
            throw error(request, "the outputs are no object, but \(outputs.kind)")
        }
        var values: [String: JSON] = [:], secrets: [String: JSON] = [:]
        var manifests: [DriverManifest] = []
        for (name, output) in members {
            guard let value = output["value"] else { throw error(request, "the output '\(name)' has no value") }
            if name == manifestsOutput {
                manifests = try self.manifests(value, name, request)
            } else if output["sensitive"]?.bool == true {
                secrets[name] = value
            } else {
                values[name] = value
            }
        }
        if let manifestsOutput, members[manifestsOutput] == nil {
            throw error(
                request, "there is no output '\(manifestsOutput)', which manifests_output names",
                nearestName(to: manifestsOutput, among: members.keys.sorted()))
        }
        return DriverResult(values: .object(values), secrets: .object(secrets), manifests: manifests)
    }

    /// Whether a state has anything in it that stands.
    static func isEmpty(_ state: JSON) -> Bool {
        (state["resources"]?.array ?? []).allSatisfy { $0["mode"]?.string == "data" } && (state["outputs"]?.object ?? [:]).isEmpty
    }

    private static func manifests(
        _ value: JSON, _ name: String, _ request: DriverRequest
    ) throws(DriverError) -> [DriverManifest] {
        // A text is what `jsonencode` made.
        var value = value
        if let text = value.string {
            guard let parsed = try? JSON.parse(text) else { throw error(request, "the output '\(name)' is no JSON") }
            value = parsed
        }
        let entries = value.array ?? value.object.map { $0.sorted { $0.key < $1.key }.map(\.value) } ?? []
        guard value.array != nil || value.object != nil else {
            throw error(request, "the output '\(name)' needs a list of manifests, not \(value.kind)")
        }
        var manifests: [DriverManifest] = []
        for (index, entry) in entries.enumerated() {
            let location = entry["location"]?.string ?? ""
            guard DriverManifest.locations.contains(location) else {
                throw error(
                    request,
                    "the output '\(name)', manifest \(index + 1): its location is one of "
                        + DriverManifest.locations.joined(separator: ", "))
            }
            guard let data = entry["data"], !data.isNull else {
                throw error(request, "the output '\(name)', manifest \(index + 1): it has no data")
            }
            manifests.append(DriverManifest(location: location, data: data))
        }
        return manifests
    }

    private static func error(_ request: DriverRequest, _ message: String, _ nearest: String? = nil) -> DriverError {
        let hint = nearest.map { "; did you mean '\($0)'?" } ?? ""
        return DriverError(code: "DRV-706", message: "\(request.identity): \(message)\(hint)", kind: .failed)
    }
}
