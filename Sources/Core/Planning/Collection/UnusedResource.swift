import PlatformModel

/// A resource that stands and that nothing asks for any more.
package struct UnusedResource: Sendable, Hashable {
    package var identity: ResourceIdentity
    package var guResID: String
    package var definitionID: String
    package var driverType: String
    /// Nil: nobody has noted it yet; the next deployment does.
    package var since: Timestamp?
    package var dependsOn: [ResourceIdentity]
    /// Nil: its driver does not say; `doubt` says why.
    package var holdsData: Bool?
    package var doubt: String?

    package init(
        identity: ResourceIdentity, guResID: String, definitionID: String, driverType: String, since: Timestamp?,
        dependsOn: [ResourceIdentity], holdsData: Bool?, doubt: String? = nil
    ) {
        self.identity = identity
        self.guResID = guResID
        self.definitionID = definitionID
        self.driverType = driverType
        self.since = since
        self.dependsOn = dependsOn
        self.holdsData = holdsData
        self.doubt = doubt
    }
}
