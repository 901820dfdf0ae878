/// What a configuration finds in the directory, step by step.
package struct DirectoryCheckReport: Sendable, Hashable, Codable {
    package struct Step: Sendable, Hashable, Codable {
        package enum Outcome: String, Sendable, Hashable, Codable {
            case ok
            /// It works, and is not what one would expect.
            case warning
            case failed
        }

        /// `connect`, `tls`, `bind`, `people`, `person`, `account`, `groups`, `nested`, `password`, `roles`.
        package var step: String
        package var outcome: Outcome
        package var detail: String
        /// What to do; absent when all is well.
        package var remedy: String?
        /// LDAP's or libldap's result code of a failure.
        package var resultCode: Int?

        package init(step: String, outcome: Outcome, detail: String, remedy: String? = nil, resultCode: Int? = nil) {
            self.step = step
            self.outcome = outcome
            self.detail = detail
            self.remedy = remedy
            self.resultCode = resultCode
        }

        package enum CodingKeys: String, CodingKey {
            case step, outcome, detail, remedy
            case resultCode = "result_code"
        }
    }

    /// The person that was asked about.
    package struct Person: Sendable, Hashable, Codable {
        package var id: String
        package var dn: String
        package var username: String
        package var name: String
        package var email: String?
        package var disabled: String?
        /// Normalised DNs; sorted.
        package var directGroups: [String]
        /// Of groups that these are in; sorted.
        package var nestedGroups: [String]

        package var groups: [String] { (directGroups + nestedGroups).sorted() }

        package enum CodingKeys: String, CodingKey {
            case id, dn, username, name, email, disabled
            case directGroups = "direct_groups"
            case nestedGroups = "nested_groups"
        }
    }

    package var steps: [Step] = []
    package var person: Person?

    package var isGood: Bool { !steps.contains { $0.outcome == .failed } }
}
