/// What the operator of a runner lets foreign code do (`exec` in runner.yaml). A definition may ask for less, never for more.
package struct SandboxPolicy: Sendable, Hashable {
    package var limits: SandboxLimits
    /// Whether a definition may ask for `SandboxNetwork.outside`.
    package var mayReachOutside: Bool
    /// Folders of this machine that every job sees, such as that of a tool outside /usr.
    package var readOnly: [String]

    package init(limits: SandboxLimits = SandboxLimits(), mayReachOutside: Bool = false, readOnly: [String] = []) {
        self.limits = limits
        self.mayReachOutside = mayReachOutside
        self.readOnly = readOnly
    }
}
