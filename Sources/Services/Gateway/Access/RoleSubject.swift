import AccessControl
import Cryptography
import PlatformModel
import ServiceAPI

/// Whoever a role is given to or taken from.
enum RoleSubject: Sendable, Hashable {
    case one(Subject)
    /// By its normalised DN.
    case group(String)
    /// By its id, without `i-`.
    case invitation(String)

    /// As it stands in answers and paths.
    func publicID() throws(CryptographyError) -> String {
        switch self {
        case .one(let subject): subject.reference
        case .group(let name): try Self.id(ofGroup: name)
        case .invitation(let id): Self.invitationPrefix + id
        }
    }

    var holder: RoleChange.Holder {
        switch self {
        case .one(.user), .invitation: .person
        case .one(.service): .serviceUser
        case .group: .group
        }
    }

    static let invitationPrefix = "i-"
    static let groupPrefix = "g-"

    /// The contract's form of a group's id: `g-`, and 128 bits of the DN's SHA-256.
    static func id(ofGroup normalisedDN: String) throws(CryptographyError) -> String {
        groupPrefix + Hexadecimal.encode(Array(try Digest.sha256(Array(normalisedDN.utf8)).prefix(16)))
    }
}
