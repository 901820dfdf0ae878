/// Whether an organisation is at work.
package struct OrganizationState: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case active
        /// Nobody of it gets in, and nothing of it begins; what runs goes on running.
        case suspended
        /// All of it goes, and its id is free again in the end.
        case deleting
    }

    package var kind: Kind
    package var since: Timestamp
    /// Who said so.
    package var by: String?
    /// In their words; empty where they gave none.
    package var reason: String

    package init(_ kind: Kind, since: Timestamp, by: String?, reason: String) {
        self.kind = kind
        self.since = since
        self.by = by
        self.reason = reason
    }

    /// The `error` of answers to people of an organisation that is not at work.
    package static let suspendedCode = "organization_suspended"

    /// What somebody of the organisation is told; nil while it is at work.
    package func refusal(of org: String) -> String? {
        switch kind {
        case .active: nil
        case .suspended:
            "The organization '\(org)' is suspended since \(since)\(reason.isEmpty ? "" : " (\(reason))"). What it runs goes on running; "
                + "nobody of it gets in until an appliance administrator resumes it."
        case .deleting: "The organization '\(org)' is being deleted since \(since)."
        }
    }

    private enum CodingKeys: String, CodingKey {
        case since, by, reason
        case kind = "state"
    }
}
