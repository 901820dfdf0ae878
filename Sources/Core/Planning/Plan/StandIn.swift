import PlatformModel

/// Texts that stand where a value is not known before a deployment, or may not be shown. They hold nothing that YAML would read as more
/// than a text, and equal things have equal texts.
package enum StandIn {
    package static let outputPrefix = "<known-after-apply:"

    /// Whether something that is not known stands in a text.
    package static func mayHold(_ text: String) -> Bool {
        text.contains(outputPrefix) || text.contains("<secret:") || text.contains("<value:")
    }

    /// `<known-after-apply:postgres.default#modules.web.externals.db.outputs.host>`
    package static func output(_ path: [String], of identity: ResourceIdentity) -> String {
        "\(outputPrefix)\(([identity.description, "outputs"] + path).joined(separator: "."))>"
    }

    /// `<known-after-apply:config.default#aws.account>`
    package static func account(of identity: ResourceIdentity) -> String { "\(outputPrefix)\(identity).account>" }

    /// `<value:LOG_LEVEL>`, a shared value that was not given.
    package static func value(_ key: String, _ path: [String]) -> String {
        "<value:\(([key] + path).joined(separator: "."))>"
    }

    /// `<secret:my-vault:databases/shop@3>`
    package static func secret(_ reference: SecretReference) -> String { "<secret:\(reference)>" }

    /// A secret text with its references by name.
    package static func secret(_ parts: [SecretPart]) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .reference(let reference): secret(reference)
            }
        }.joined()
    }
}
