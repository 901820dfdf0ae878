import Drivers
import ServiceRuntime

extension TerraformSettings {
    /// `terraform` in runner.yaml.
    init(reading section: ConfigSection) {
        self.init()
        program = section.string("program", default: program)
        if program.isEmpty || (program.contains("/") && !program.hasPrefix("/")) {
            section.problem("program", "'\(program)' is neither a name nor an absolute path")
        }
        providerMirror = section.optionalString("provider_mirror")
        if let providerMirror, !providerMirror.hasPrefix("/") {
            section.problem("provider_mirror", "'\(providerMirror)' is no absolute path")
        }
        usesRegistry = section.bool("registry", default: providerMirror == nil)
        mayReachOutside = section.bool("network", default: mayReachOutside)
        gitProtocols = section.strings("git_protocols", default: gitProtocols)
        for name in gitProtocols where !["https", "ssh", "http"].contains(name) {
            section.problem("git_protocols", "'\(name)' is none of https, ssh, http")
        }
        memoryBytes = section.int("memory_mib", in: 256...65_536, default: memoryBytes >> 20) << 20
        wallSeconds = section.int("seconds", in: 30...3500, default: wallSeconds)
    }
}
