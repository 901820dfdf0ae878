import Planning
import PlatformModel
import Testing

@Suite struct DependencyAliasesTests {
    @Test("A resource has every name that the workload calls it by, its own first")
    func names() {
        let main = ResourceIdentity(type: "postgres", id: "shared.main")
        let own = ResourceIdentity(type: "redis", id: "modules.web.externals.cache")
        let zone = ResourceIdentity(type: "dns", id: "shared.zone")
        let aliases = DependencyAliases(
            DependencyNames(
                externals: ["web": ["db": main, "copy": main, "cache": own], "api": ["store": main]],
                shared: ["main": main, "zone": zone]))
        let none = ResourceIdentity(type: "s3", id: "shared.none")
        #expect(
            aliases.names(of: [main, own, zone, none], in: "web") == [
                main: ["externals.copy", "externals.db", "shared.main"], own: ["externals.cache"], zone: ["shared.zone"],
            ])
        #expect(aliases.names(of: [main, own], in: "api") == [main: ["externals.store", "shared.main"]])
        #expect(aliases.names(of: [main], in: "other") == [main: ["shared.main"]])
    }
}
