import PlatformModel
import PureDrivers

/// The body of a driver's 200: `{"id", "type", "resource": {"values", "secrets"}, "manifests": [{"location", "data"}]}`, read strictly
/// and never evaluated.
enum DriverOutputs {
    struct Unusable: Error {
        let words: String
    }

    static func read(_ body: [UInt8], type: String) throws(Unusable) -> DriverResult {
        let document: JSON
        do throws(JSONError) { document = try JSON.parse(body) } catch {
            throw Unusable(words: "it is no JSON: \(error.message)")
        }
        guard document.object != nil else { throw Unusable(words: "an object is needed, not \(document.kind)") }
        if let made = document["type"]?.string, !made.isEmpty, made != type {
            throw Unusable(words: "it is of the type '\(made.prefix(60))', not '\(type)'")
        }
        let resource = try object(document["resource"], "resource")
        return DriverResult(
            values: .object(try object(resource["values"], "resource.values")),
            secrets: .object(try object(resource["secrets"], "resource.secrets")), manifests: try manifests(document["manifests"])
        )
    }

    private static func object(_ value: JSON?, _ path: String) throws(Unusable) -> [String: JSON] {
        guard let value, !value.isNull else { return [:] }
        guard let members = value.object else { throw Unusable(words: "\(path): an object is needed, not \(value.kind)") }
        return members
    }

    /// `[{"location", "data"}]`.
    static func manifests(_ value: JSON?) throws(Unusable) -> [DriverManifest] {
        guard let value, !value.isNull else { return [] }
        guard let entries = value.array else { throw Unusable(words: "manifests: a list is needed, not \(value.kind)") }
        var manifests: [DriverManifest] = []
        for (index, entry) in entries.enumerated() {
            let location = entry["location"]?.string ?? ""
            guard DriverManifest.locations.contains(location) else {
                throw Unusable(
                    words: "manifests[\(index)].location: one of \(DriverManifest.locations.joined(separator: ", ")) is needed")
            }
            guard let data = entry["data"], !data.isNull else { throw Unusable(words: "manifests[\(index)].data: missing") }
            manifests.append(DriverManifest(location: location, data: data))
        }
        return manifests
    }
}
