/// `POST /v1/seals/seal`, by the runner: bytes that the runner keeps in its own schema, and may not keep in the clear.
package struct SealRequest: Sendable, Hashable, Codable {
    package var grant: String
    package var orgID: String
    /// Where the bytes belong, within what the grant may write: `orgs/.../resources/{guresid}/terraform-state`. Bound in.
    package var path: String
    /// Which of the bytes at the path they are: bound in, so that an older one does not open as a newer.
    package var version: Int64
    /// Base64.
    package var plaintext: String

    package init(grant: String, orgID: String, path: String, version: Int64, plaintext: String) {
        self.grant = grant
        self.orgID = orgID
        self.path = path
        self.version = version
        self.plaintext = plaintext
    }

    private enum CodingKeys: String, CodingKey {
        case grant, path, version, plaintext
        case orgID = "org_id"
    }
}

package struct SealReply: Sendable, Hashable, Codable {
    /// Opaque text; opens only for the same organisation, path and version.
    package var sealed: String

    package init(sealed: String) { self.sealed = sealed }
}

/// `POST /v1/seals/open`, by the runner: what was sealed, on record as a read of the path.
package struct SealOpenRequest: Sendable, Hashable, Codable {
    package var grant: String
    package var orgID: String
    package var path: String
    package var version: Int64
    package var sealed: String

    package init(grant: String, orgID: String, path: String, version: Int64, sealed: String) {
        self.grant = grant
        self.orgID = orgID
        self.path = path
        self.version = version
        self.sealed = sealed
    }

    private enum CodingKeys: String, CodingKey {
        case grant, path, version, sealed
        case orgID = "org_id"
    }
}

package struct SealOpenReply: Sendable, Hashable, Codable {
    /// Base64.
    package var plaintext: String

    package init(plaintext: String) { self.plaintext = plaintext }
}
