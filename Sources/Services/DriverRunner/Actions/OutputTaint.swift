import Drivers
import PlatformModel
import PureDrivers
import ServiceAPI

/// Secrets that a driver was given or made, and returned where everybody may look (an `echo` of a password, a URL made of one): such
/// outputs are secret outputs, whatever the definition calls them.
struct OutputTaint {
    /// What the driver was given and what it kept: found inside longer texts and in every encoding.
    let secrets: SecretMask

    /// A driver's own secret output under this length counts as a whole text only: `app` is no secret in `app.example.com`.
    private static let shortest = 12
    /// Of the outputs and manifests together, as JSON.
    private static let maximumBytes = 1 << 20

    /// Moves every leaf that shows a secret from `values` to the same place in `secrets`. An array moves as one leaf.
    ///
    /// - Throws: `RUN-006` for outputs of a shape that cannot be kept; `RUN-007` where a secret stands and cannot be moved: the name of
    ///   an output, a manifest.
    func separate(_ result: inout DriverResult) throws(ErrorBody) {
        if result.values.isNull { result.values = [:] }
        if result.secrets.isNull { result.secrets = [:] }
        guard result.values.object != nil, result.secrets.object != nil else {
            throw ErrorBody(
                error: "RUN-006",
                message: "the driver's outputs are no objects (values: \(result.values.kind), secrets: \(result.secrets.kind)); "
                    + "correct the driver or its templates")
        }
        let size = result.values.canonical.utf8.count + result.manifests.reduce(0) { $0 + $1.data.canonical.utf8.count }
        guard size <= Self.maximumBytes else {
            throw ErrorBody(
                error: "RUN-006",
                message: "the driver's outputs and manifests have \(size) bytes; at most \(Self.maximumBytes) are kept")
        }
        let own = OwnSecrets(JSON.texts(in: result.secrets), shortest: Self.shortest)
        let (plain, tainted) = try split(result.values, own)
        result.values = plain ?? [:]
        if let tainted { result.secrets = Self.merge(tainted, under: result.secrets) }
        try requireNames(result.secrets, own)
        for (index, manifest) in result.manifests.enumerated()
        where showsAnywhere(manifest.data, own) || showsAnywhere(.string(manifest.location), own) {
            throw ErrorBody(
                error: "RUN-007",
                message:
                    "manifest \(index + 1) (location '\(secrets.masked(manifest.location))') holds a secret, and manifests are kept in "
                    + "the clear; make the value a secret output and let the workload refer to it")
        }
    }

    /// The secret outputs themselves.
    private struct OwnSecrets {
        let long = SecretMask()
        let short: Set<String>

        init(_ texts: [String], shortest: Int) {
            short = Set(texts.filter { $0.utf8.count < shortest })
            long.learn(texts.filter { $0.utf8.count >= shortest })
        }

        func shows(_ text: String) -> Bool { short.contains(text) || long.shows(text) }
    }

    private func split(_ value: JSON, _ own: OwnSecrets) throws(ErrorBody) -> (plain: JSON?, tainted: JSON?) {
        guard case .object(let members) = value else {
            // Spelled out: a bare `nil` is JSON's null.
            return showsAnywhere(value, own) ? (JSON?.none, value) : (value, JSON?.none)
        }
        var plain: [String: JSON] = [:], tainted: [String: JSON] = [:]
        for (name, value) in members {
            let parts = try split(value, own)
            if let part = parts.plain {
                guard !secrets.shows(name) else { throw Self.secretName }
                plain[name] = part
            }
            if let part = parts.tainted { tainted[name] = part }
        }
        // What had members, all of them secret, is secret as a whole; what had none stays.
        return (
            plain.isEmpty && !tainted.isEmpty ? JSON?.none : .object(plain), tainted.isEmpty ? JSON?.none : .object(tainted)
        )
    }

    /// The names of secret outputs stand beside the references, in the clear.
    private func requireNames(_ value: JSON, _ own: OwnSecrets) throws(ErrorBody) {
        guard case .object(let members) = value else { return }
        for (name, value) in members {
            guard !secrets.shows(name) else { throw Self.secretName }
            try requireNames(value, own)
        }
    }

    private static let secretName = ErrorBody(
        error: "RUN-007",
        message: "the name of an output holds a secret, and names are kept in the clear; give the output another name")

    private func showsAnywhere(_ value: JSON, _ own: OwnSecrets) -> Bool {
        switch value {
        case .string(let text): secrets.shows(text) || own.shows(text)
        case .int, .double: secrets.shows(value.canonical)
        case .array(let elements): elements.contains { showsAnywhere($0, own) }
        case .object(let members): members.contains { secrets.shows($0.key) || showsAnywhere($0.value, own) }
        case .null, .bool: false
        }
    }

    /// Both trees in one; where both have a leaf, the driver's own secret stays.
    private static func merge(_ tainted: JSON, under secrets: JSON) -> JSON {
        guard case .object(let new) = tainted, case .object(var members) = secrets else { return secrets }
        for (name, value) in new { members[name] = members[name].map { merge(value, under: $0) } ?? value }
        return .object(members)
    }
}
