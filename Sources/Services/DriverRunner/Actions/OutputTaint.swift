import Drivers
import PlatformModel

/// Secrets that a driver was given and returned among its plain outputs (an `echo` of a password, a URL made of one): such outputs are
/// secret outputs, whatever the definition calls them.
struct OutputTaint {
    let secrets: [String]

    /// Moves every leaf that holds a secret from `values` to the same place in `secrets`.
    func separate(_ result: inout DriverResult) {
        let texts = secrets.filter { !$0.isEmpty }
        guard !texts.isEmpty, case .object(let members) = result.values else { return }
        var plain: [String: JSON] = [:]
        var tainted = result.secrets
        for (name, value) in members {
            if holds(value, texts) {
                tainted = merging(tainted, name, value)
            } else {
                plain[name] = value
            }
        }
        result.values = .object(plain)
        result.secrets = tainted
    }

    private func merging(_ secrets: JSON, _ name: String, _ value: JSON) -> JSON {
        var members = secrets.object ?? [:]
        members[name] = value
        return .object(members)
    }

    private func holds(_ value: JSON, _ texts: [String]) -> Bool {
        switch value {
        case .string(let text): texts.contains { text.contains($0) }
        case .array(let elements): elements.contains { holds($0, texts) }
        case .object(let members):
            members.contains { entry in texts.contains { entry.key.contains($0) } || holds(entry.value, texts) }
        case .null, .bool, .int, .double: false
        }
    }
}
