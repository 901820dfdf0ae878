import Cryptography
import PlatformModel
import ServiceAPI

/// Who holds a role: a person of the directory, or a service user.
enum Subject: Sendable, Hashable {
    case user(String)
    case service(String)

    /// Reads `user:<directory id>` and `service:<id>`.
    init?(_ reference: SubjectReference) {
        guard let colon = reference.firstIndex(of: ":") else { return nil }
        let id = String(reference[reference.index(after: colon)...])
        guard !id.isEmpty, id.utf8.count <= 256 else { return nil }
        switch reference[..<colon] {
        case "user": self = .user(id)
        case "service": self = .service(id)
        default: return nil
        }
    }

    var reference: SubjectReference {
        switch self {
        case .user(let id): "user:" + id
        case .service(let id): "service:" + id
        }
    }

    /// How a group stands in the index of memberships, which holds no names.
    static func index(ofGroup normalisedDN: String) throws(CryptographyError) -> String {
        "group:" + Hexadecimal.encode(try Digest.sha256(Array(normalisedDN.utf8)))
    }
}
