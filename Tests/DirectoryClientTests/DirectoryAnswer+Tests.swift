import Cryptography
import TestSupport

@testable import DirectoryClient

extension PrivateSlapd {
    /// How Martlet would be configured for this server.
    func configuration(
        urls: [String]? = nil, startTLS: Bool = false, userBase: String = PrivateSlapd.userBase,
        groupBase: String = PrivateSlapd.groupBase, connectSeconds: Int = 30, requestSeconds: Int = 30
    ) -> DirectoryConfiguration {
        DirectoryConfiguration(
            urls: urls ?? [ldapsURL], startTLS: startTLS, certificateAuthorities: certificateAuthorities, bindDN: Self.bindDN,
            bindPasswordFile: bindPasswordFile, userBase: userBase, groupBase: groupBase,
            connectTimeoutSeconds: connectSeconds, requestTimeoutSeconds: requestSeconds)
    }
}

func secret(_ text: String) -> SecretBytes { SecretBytes(Array(text.utf8)) }

extension DirectoryAnswer {
    var value: Value? { if case .found(let value) = self { value } else { nil } }
    var isNotFound: Bool { if case .notFound = self { true } else { false } }
    var reason: String? { if case .unknown(let reason) = self { reason } else { nil } }
}
