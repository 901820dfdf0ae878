import ServiceRuntime

/// The parts of the runner's file that are about what runs beside it.
struct RunnerFile: FileConfiguration {
    var podmanSocket: String
    /// nil: no routes on this host.
    var proxySocket: String?
    /// The proxy's configuration, which the runner writes with the first route.
    var proxyConfiguration = ""
    /// Where the proxy listens.
    var proxyBinds: [String] = []

    init(reading section: ConfigSection) {
        let podman = section.section("podman")
        podmanSocket = podman.string("socket", default: "/run/podman/podman.sock")
        podman.leaveTheRest()
        if let routes = section.optionalSection("routes") {
            proxySocket = routes.string("runtime_socket", default: "/run/martlet/haproxy/runtime.sock")
            proxyConfiguration = routes.string("folder", default: "/var/lib/martlet/runner/routes") + "/haproxy.cfg"
            proxyBinds = routes.strings("binds", default: [":80"])
            routes.leaveTheRest()
        }
        section.leaveTheRest()
    }
}
