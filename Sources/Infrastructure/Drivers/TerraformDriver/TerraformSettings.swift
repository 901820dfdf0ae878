import Sandbox

/// How this machine runs Terraform.
package struct TerraformSettings: Sendable {
    /// The program: a path, or a name in /usr/bin or /usr/local/bin. `tofu` does as well.
    package var program = "terraform"
    /// A folder of providers (`terraform providers mirror`); providers come from nowhere else then, unless `usesRegistry`.
    package var providerMirror: String?
    /// Providers that are not in the mirror come from their registries; without a mirror all do.
    package var usesRegistry = false
    /// Whether a definition may ask for the network outside; without it no source can be fetched, either. Whoever writes definitions
    /// then reaches what this machine reaches, so it is the operator's word.
    package var mayReachOutside = false
    /// How sources may be fetched: words of `GIT_ALLOW_PROTOCOL`.
    package var gitProtocols = ["https", "ssh"]
    package var memoryBytes = 2 << 30
    /// Of one run: below the runner's own limit for an action.
    package var wallSeconds = 3000
    /// How long a run that is cancelled may go on, to end what it is at and to save its state.
    package var graceSeconds = 30.0

    package init() {}

    /// Of a run of Terraform itself.
    var limits: SandboxLimits {
        SandboxLimits(
            wallSeconds: wallSeconds, cpuSeconds: wallSeconds, memoryBytes: memoryBytes, processes: 512,
            fileBytes: 1 << 30, outputBytes: 16 << 20, collectBytes: StateLimits.maximumBytes)
    }

    /// Of fetching a source.
    var sourceLimits: SandboxLimits {
        SandboxLimits(
            wallSeconds: 300, cpuSeconds: 120, memoryBytes: 512 << 20, processes: 64, fileBytes: 256 << 20,
            outputBytes: 1 << 20, collectBytes: GitSource.maximumBytes)
    }
}
