import Cryptography
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Seals bytes that another room keeps, and opens them again: for state that is too large and too often written to be a secret here.
///
/// Only what a grant may write is sealed under it, and what it may read is opened. Opening is a read, and on record as one.
struct SealDesk: Sendable {
    /// Of the bytes before they are sealed.
    static let maximumBytes = 8 << 20

    let database: PostgresPool
    let keyring: Keyring

    func seal(_ request: SealRequest) async throws -> SealReply {
        let path = try Self.path(request.path, of: request.orgID)
        guard request.version > 0 else { throw BrokerFailure.invalid("\(path.text): a version is 1 or more") }
        guard var plaintext = Base64.decode(request.plaintext), plaintext.count <= Self.maximumBytes else {
            throw BrokerFailure.invalid("\(path.text): at most \(Self.maximumBytes) bytes are sealed, and they come as base64")
        }
        let secret = SecretBytes(wiping: &plaintext)
        return try await database.withOrg(request.orgID) { transaction in
            let scope = try await GrantStore.liveScope(request.grant, orgID: path.orgID, transaction)
            guard scope?.allowsWriting(path) == true else { throw BrokerFailure.notGranted }
            let (keyID, key) = try await self.keyring.sealingKey(orgID: request.orgID, transaction)
            let binding = Self.binding(request.orgID, path, request.version, keyID)
            let sealed = try AESGCM.seal(secret, key: key, associatedData: binding)
            return SealReply(sealed: "\(keyID):\(Base64.encode(sealed))")
        }
    }

    func open(_ request: SealOpenRequest, _ caller: SecretDesk.Caller) async throws -> SealOpenReply {
        let path = try Self.path(request.path, of: request.orgID)
        let outcome = try await database.withOrg(request.orgID) { transaction in
            let opened = try await self.opened(request, path, transaction)
            let word =
                switch opened {
                case .given: "given"
                case .refused: "refused"
                case .damaged: "damaged"
                }
            try await transaction.audit(
                BrokerAudit.read(
                    path.text, version: String(request.version), result: word, grant: request.grant, in: request.orgID, caller))
            return opened
        }
        let metadata: Logger.Metadata = ["path": "\(path.text)", "version": "\(request.version)", "org": "\(request.orgID)"]
        switch outcome {
        case .given(let bytes): return SealOpenReply(plaintext: bytes.withUnsafeBytes { Base64.encode(Array($0)) })
        case .refused:
            caller.logger.warning("refused to open what is sealed", metadata: metadata)
            throw BrokerFailure.notGranted
        case .damaged:
            caller.logger.critical("ALERT: what was sealed was changed or moved", metadata: metadata)
            throw BrokerFailure.damaged
        }
    }

    private enum Outcome {
        case given(SecretBytes)
        case refused, damaged
    }

    private func opened(
        _ request: SealOpenRequest, _ path: SecretPath, _ transaction: PostgresTransaction
    ) async throws -> Outcome {
        let scope = try await GrantStore.liveScope(request.grant, orgID: path.orgID, transaction)
        guard scope?.allowsReading(SecretReference(ref: path.text), at: path) == true else { return .refused }
        let parts = request.sealed.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let sealed = Base64.decode(String(parts[1])) else { return .damaged }
        let keyID = String(parts[0])
        do {
            let key = try await keyring.openingKey(keyID, orgID: request.orgID, transaction)
            let binding = Self.binding(request.orgID, path, request.version, keyID)
            return .given(try AESGCM.open(sealed, key: key, associatedData: binding))
        } catch is CryptographyError {
            return .damaged
        }
    }

    private static func path(_ text: String, of orgID: String) throws(HTTPFailure) -> SecretPath {
        let path = try SecretPath(text)
        guard path.orgID == orgID, path.segments.count > 2 else { throw BrokerFailure.notGranted }
        return path
    }

    /// Another word than that of a secret's: one never opens as the other.
    private static func binding(_ orgID: String, _ path: SecretPath, _ version: Int64, _ keyID: String) -> [UInt8] {
        SecretSeal.binding(["martlet seal 1", orgID, path.text, String(version), keyID])
    }
}
