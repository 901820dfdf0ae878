/// What the directory says. A failure is *unknown*, never *gone*: nothing is taken from anyone because of it.
package enum DirectoryAnswer<Value: Sendable>: Sendable {
    case found(Value)
    /// The directory answered, and there is no such person, or the password is not theirs.
    case notFound
    /// No answer, half an answer, or one that makes no sense. The reason is for the log.
    case unknown(reason: String)
}

extension DirectoryAnswer: Equatable where Value: Equatable {}

/// A person as the directory describes them.
package struct DirectoryPerson: Sendable, Hashable {
    /// entryUUID or objectGUID: stays when the person is renamed, and is not given to another who gets the same name.
    package var id: String
    package var dn: String
    package var username: String
    package var name: String
    package var email: String?
    /// Normalised DNs of the groups, sorted, with those that these are in.
    package var groups: [String]
    /// Why the account may not be used; nil when it may. Nobody so described is ever signed in.
    package var disabled: String?
}

/// What became of a name and a password.
package struct PasswordTry: Sendable, Hashable {
    /// Whom the name means, by whatever alias; nil: nobody, or not looked for.
    package var account: String?
    /// Set when the password is theirs and they may sign in.
    package var person: DirectoryPerson?
}
