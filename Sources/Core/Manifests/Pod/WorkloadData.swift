import PlatformModel

/// The ConfigMap and the Secret of a workload: what its containers' variables and files refer to.
struct WorkloadData {
    let configName: String
    let secretName: String
    private var texts: [String: String] = [:]
    private var binaries: [String: String] = [:]
    private var secrets: [String: [SecretPart]] = [:]
    /// Files by their key: the mode each has.
    private var configModes: [String: Int?] = [:]
    private var secretModes: [String: Int?] = [:]

    static let configVolume = "martlet-files"
    static let secretVolume = "martlet-secret-files"

    init(workload: String) {
        configName = "\(workload)-files"
        secretName = "\(workload)-secrets"
    }

    /// The key under which the Secret holds a variable's value.
    mutating func addVariable(_ name: String, of container: String, _ parts: [SecretPart]) -> String {
        let plain = Self.key(name)
        let key = secrets[plain] == nil || secrets[plain] == parts ? plain : free("\(container).\(plain)", in: Set(secrets.keys))
        secrets[key] = parts
        return key
    }

    enum Content {
        case text(String)
        case binary(String)
        case secret([SecretPart])
    }

    /// The volume and the path in it that hold a file.
    mutating func addFile(_ path: String, of container: String, _ content: Content, mode: Int?) -> (
        volume: String, subPath: String
    ) {
        let name = Self.key(container + "." + path.split(separator: "/").joined(separator: "-"))
        switch content {
        case .secret(let parts):
            // The same file again: another schedule of the same container.
            if secrets[name] == parts, secretModes[name] == .some(mode) { return (Self.secretVolume, name) }
            let key = free(name, in: Set(secrets.keys))
            secrets[key] = parts
            secretModes[key] = .some(mode)
            return (Self.secretVolume, key)
        case .text(let text):
            if texts[name] == text, configModes[name] == .some(mode) { return (Self.configVolume, name) }
            let key = free(name, in: Set(configModes.keys))
            texts[key] = text
            configModes[key] = .some(mode)
            return (Self.configVolume, key)
        case .binary(let base64):
            if binaries[name] == base64, configModes[name] == .some(mode) { return (Self.configVolume, name) }
            let key = free(name, in: Set(configModes.keys))
            binaries[key] = base64
            configModes[key] = .some(mode)
            return (Self.configVolume, key)
        }
    }

    /// The pod's volumes with the files.
    var volumes: [JSON] {
        var volumes: [JSON] = []
        if !configModes.isEmpty {
            volumes.append([
                "name": .string(Self.configVolume), "configMap": ["name": .string(configName), "items": Self.items(configModes)],
            ])
        }
        if !secretModes.isEmpty {
            volumes.append([
                "name": .string(Self.secretVolume),
                "secret": ["secretName": .string(secretName), "items": Self.items(secretModes)],
            ])
        }
        return volumes
    }

    /// ConfigMap and Secret without their metadata, where there is anything in them, and the keys of the Secret in order.
    var objects: [(name: String, content: [String: JSON], secrets: [(key: String, parts: [SecretPart])])] {
        var objects: [(name: String, content: [String: JSON], secrets: [(key: String, parts: [SecretPart])])] = []
        if !configModes.isEmpty {
            var content: [String: JSON] = ["apiVersion": "v1", "kind": "ConfigMap"]
            if !texts.isEmpty { content["data"] = .object(texts.mapValues { .string($0) }) }
            if !binaries.isEmpty { content["binaryData"] = .object(binaries.mapValues { .string($0) }) }
            objects.append((configName, content, []))
        }
        if !secrets.isEmpty {
            let sorted = secrets.sorted { $0.key < $1.key }.map { (key: $0.key, parts: $0.value) }
            objects.append(
                (
                    secretName,
                    [
                        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
                        "stringData": .object(secrets.mapValues { _ in .null }),
                    ], sorted
                ))
        }
        return objects
    }

    /// Changes with every value and every reference: written on the pod, it makes new ones when only the data changed.
    var hash: String? {
        guard !texts.isEmpty || !binaries.isEmpty || !secrets.isEmpty else { return nil }
        var bytes: [UInt8] = []
        for files in [texts, binaries] { JSON.object(files.mapValues { .string($0) }).writeCanonical(into: &bytes) }
        for (key, parts) in secrets.sorted(by: { $0.key < $1.key }) {
            let pieces: [JSON] = parts.map { part in
                switch part {
                case .text(let text): ["text": .string(text)]
                case .reference(let reference): ["reference": .string(reference.description)]
                }
            }
            JSON.object([key: .array(pieces)]).writeCanonical(into: &bytes)
        }
        return SHA256.hex(bytes, digits: 16)
    }

    private static func items(_ modes: [String: Int?]) -> JSON {
        .array(
            modes.sorted { $0.key < $1.key }.map { key, mode in
                var item: [String: JSON] = ["key": .string(key), "path": .string(key)]
                item["mode"] = mode.map { .int(Int64($0)) }
                return .object(item)
            })
    }

    /// Keys of ConfigMaps and Secrets: letters, digits, `-`, `_` and `.`, at most 253.
    private static func key(_ name: String) -> String {
        let bytes = name.utf8.prefix(200).map { byte -> UInt8 in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: byte
            default: 0x2d
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func free(_ name: String, in used: Set<String>) -> String {
        guard used.contains(name) else { return name }
        var number = 2
        while used.contains("\(name)-\(number)") { number += 1 }
        return "\(name)-\(number)"
    }
}
