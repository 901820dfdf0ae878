import Drivers
import Logging
import PlatformModel
import PureDrivers
import TestSupport

@testable import RouteProxy

/// The drivers that the suite runs over, each with a resource of its own.
enum DriverUnderTest: String, CaseIterable {
    case echo, template, postgres, route, http, virtual, terraform, exec, container
    case postgresInstance = "postgres-instance"

    /// Without what terraform, container and clusters need: root, bubblewrap, Podman, and Terraform's program, which Debian does not have.
    static let allCases: [DriverUnderTest] = everyone.filter {
        switch $0 {
        case .terraform: TerraformResource.isAvailable
        case .container: ExecImages.isAvailable
        case .postgresInstance: PrivatePodman.isAvailable
        default: true
        }
    }
    static let everyone: [DriverUnderTest] = [
        .echo, .template, .postgres, .route, .http, .virtual, .terraform, .exec, .container, .postgresInstance,
    ]

    func fixture() async throws -> DriverFixture {
        switch self {
        case .echo: Self.echoFixture
        case .template: Self.templateFixture
        case .postgres: try await Self.postgresFixture()
        case .route: try await Self.routeFixture()
        case .http: try await Self.httpFixture()
        case .virtual: try await Self.virtualFixture()
        case .terraform: try await Self.terraformFixture()
        case .exec: try await ExecFixture.fixture()
        case .container: try await ExecImages.fixture()
        case .postgresInstance: try await PostgresInstanceFixture.fixture()
        }
    }

    private static var echoFixture: DriverFixture {
        DriverFixture(
            make: { EchoDriver() },
            request: DriverBench.request(values: ["host": "db.test", "port": 5432], secrets: ["password": "correct-horse"]),
            changed: DriverBench.request(values: ["host": "db2.test"], secrets: ["password": "correct-horse"]),
            wrong: DriverBench.request(values: "text", secrets: ["correct-horse"]),
            problems: ["DRV-101 driver_inputs.values", "DRV-101 driver_inputs.secret_refs"], mark: .inputs)
    }

    private static var templateFixture: DriverFixture {
        let templates: [String: JSON] = [
            "init": "name: {{ .id | trunc 8 }}\npassword: {{ randAlphaNum 24 }}\n",
            "outputs": "name: {{ .init.name }}\nsize: {{ .resource.size | default 1 }}\n",
            "secrets": "password: {{ .init.password }}\nurl: http://{{ .driver.secrets.user }}@{{ .outputs.values.name }}/\n",
            "manifests": "a.yaml:\n  location: namespace\n  data:\n    kind: ConfigMap\n    size: {{ .resource.size }}\n",
        ]
        func request(_ size: Int64, _ templates: [String: JSON]) -> DriverRequest {
            DriverBench.request(
                params: ["size": .int(size)], values: ["templates": .object(templates)], secrets: ["user": "correct-horse"])
        }
        let wrong: [String: JSON] = ["outptus": "a: 1", "init": "a: {{ .x", "outputs": "a: {{ upperr .x }}"]
        return DriverFixture(
            make: { TemplateDriver() }, request: request(3, templates), changed: request(4, templates), wrong: request(3, wrong),
            problems: [
                "DRV-201 driver_inputs.values.templates.outptus", "DRV-202 driver_inputs.values.templates.init",
                "DRV-202 driver_inputs.values.templates.outputs",
            ], mark: .inputs)
    }

    private static func postgresFixture() async throws -> DriverFixture {
        let resource = PostgresResource(try await SecondPostgres.shared())
        var changed = resource.request, wrong = resource.request
        changed.values["outputs_host"] = "db.internal"
        wrong.values["port"] = 70_000
        wrong.values["user"] = 7
        wrong.values["hots"] = "x"
        wrong.params = ["size": 1]
        return DriverFixture(
            make: { PostgresDriver() }, request: resource.request, changed: changed, wrong: wrong,
            problems: [
                "DRV-301 params.size", "DRV-301 driver_inputs.values.hots", "DRV-301 driver_inputs.values.port",
                "DRV-301 driver_inputs.values.user",
            ],
            mark: .system("COMMENT ON ROLE and COMMENT ON DATABASE") {
                let lines = try await resource.state()
                return lines.isEmpty ? nil : lines.joined(separator: "\n")
            }, meddlings: resource.meddlings)
    }

    private static func routeFixture() async throws -> DriverFixture {
        let haproxy = try PrivateHAProxy()
        let configuration = RouteProxyConfiguration(
            folder: haproxy.folder, runtimeSocket: haproxy.runtimeSocket, masterSocket: haproxy.masterSocket,
            binds: ["127.0.0.1:\(haproxy.port)"])
        let proxy = RouteProxy(configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await proxy.prepare()
        try await haproxy.start(configurationFile: configuration.configurationFile)
        let runtime = RuntimeSocket(path: configuration.runtimeSocket, timeout: .seconds(5))
        func request(_ params: JSON, values: JSON = ["url_scheme": "https"]) -> DriverRequest {
            DriverBench.request(type: "route", params: params, values: values)
        }
        return DriverFixture(
            // A proxy of its own reads what the folder keeps, as a runner does that was started again.
            make: {
                let proxy = RouteProxy(
                    configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
                try await proxy.prepare()
                return RouteDriver(proxy: proxy)
            },
            request: request(["host": "shop.test", "port": 8080]),
            changed: request(["host": "shop.test", "path": "/v2", "port": 8080]),
            wrong: request(["hots": "a.test", "path": 3, "port": "http"], values: ["url_scheme": "htps"]),
            problems: [
                "DRV-401 params.hots", "DRV-401 params.path", "DRV-401 params.port", "DRV-401 params.host",
                "DRV-401 driver_inputs.values.url_scheme",
            ],
            mark: .system("the route's id in the proxy's state") {
                let id = DriverBench.request().guResID
                return try await proxy.route(id: id)?.id
            },
            meddlings: [
                .init(
                    name: "a line of HAProxy's map is deleted",
                    meddle: { _ = try runtime.command("del map \(configuration.mapFile) shop.test/") },
                    paths: ["HAProxy's map shop.test/"]),
                .init(
                    name: "a line of HAProxy's map leads elsewhere",
                    meddle: { _ = try runtime.command("set map \(configuration.mapFile) shop.test/ b9") },
                    paths: ["HAProxy's map shop.test/"]),
                .init(
                    name: "the route is removed",
                    meddle: { try await proxy.removeRoute(id: DriverBench.request().guResID) }, paths: nil),
            ],
            end: { haproxy.kill() })
    }

    private static func terraformFixture() async throws -> DriverFixture {
        let resource = try await TerraformResource()
        var wrong = resource.request()
        wrong.values["script"] = nil
        wrong.values["vars"] = [:]
        wrong.values["variables"] = ["0size": 1]
        wrong.values["files"] = ["../x": "y"]
        wrong.values["credentials_config"] = ["environment": ["LD_PRELOAD": "x"]]
        return DriverFixture(
            make: { resource.driver() }, request: resource.request(), changed: resource.request(size: 4), wrong: wrong,
            problems: [
                "DRV-701 driver_inputs.values.vars", "DRV-701 driver_inputs.values.script",
                "DRV-701 driver_inputs.values.variables.0size", "DRV-701 driver_inputs.values.files.../x",
                "DRV-701 driver_inputs.values.credentials_config.environment.LD_PRELOAD",
            ],
            mark: .system("the state, which is kept by the GUResID") {
                resource.states.state == nil ? nil : "the state of \(DriverBench.request().guResID)"
            })
    }

    /// The driver of the documentation, as a process on loopback.
    private static func httpFixture() async throws -> DriverFixture {
        let example = try await ExampleDriver()
        let registration = ResourceDriver(
            orgID: "acme", id: "files", type: "config", target: example.url, inputsSchema: ExampleDriver.inputsSchema)
        let catalogue = DriverCatalogue([], connector: example.connector)
        func request(_ size: JSON, values: JSON = ["name": "box"], secrets: JSON = ["key": "correct-horse"]) -> DriverRequest {
            DriverBench.request(params: ["size": size], values: values, secrets: secrets)
        }
        return DriverFixture(
            make: { try catalogue.driver(type: "acme/files", registered: [registration]) }, request: request(3),
            changed: request(4),
            wrong: request(3, values: ["nmae": "x", "name": 7], secrets: ["key": "horse", "other": "correct-horse"]),
            problems: [
                "DRV-501 driver_inputs.values.nmae", "DRV-501 driver_inputs.values.name", "DRV-501 driver_inputs.secret_refs.key",
                "DRV-501 driver_inputs.secret_refs.other",
            ],
            mark: .system("the GUResID in the driver's paths, here its files") {
                try example.file(of: DriverBench.request().guResID)
            },
            meddlings: [
                .init(
                    name: "a value is edited", meddle: { try example.edit { $0["size"] = 99 } }, paths: ["outputs/size"]),
                .init(
                    name: "a secret is edited", meddle: { try example.edit { $0["token"] = "other-horse-4711" } },
                    paths: ["outputs/token"]),
                .init(name: "the object is removed", meddle: { try example.remove() }, paths: nil),
            ],
            end: { example.end() })
    }

    /// In front of the same driver: its template turns the inputs into the other's.
    private static func virtualFixture() async throws -> DriverFixture {
        let example = try await ExampleDriver()
        let chain = [
            ResourceDriver(
                orgID: "acme", id: "boxes", type: "config", target: "driver://acme/files",
                template: "values:\n  name: {{ .driver.values.prefix }}-box\nsecrets: {{ .driver.secrets | toRawJson }}\n",
                inputsSchema: ["properties": ["values": ["type": "object", "required": ["prefix"]]]]),
            ResourceDriver(
                orgID: "acme", id: "files", type: "config", target: example.url, inputsSchema: ExampleDriver.inputsSchema),
        ]
        let catalogue = DriverCatalogue([], connector: example.connector)
        func request(_ values: JSON) -> DriverRequest {
            DriverBench.request(values: values, secrets: ["key": "correct-horse"])
        }
        return DriverFixture(
            make: { try catalogue.driver(type: "acme/boxes", registered: chain) }, request: request(["prefix": "a"]),
            changed: request(["prefix": "b"]), wrong: request(["perfix": "a"]), problems: ["DRV-501 driver_inputs.values.prefix"],
            mark: .system("the GUResID in the driver's paths, here its files") {
                try example.file(of: DriverBench.request().guResID)
            },
            meddlings: [
                .init(name: "a value is edited", meddle: { try example.edit { $0["size"] = 99 } }, paths: ["outputs/size"]),
                .init(name: "the object is removed", meddle: { try example.remove() }, paths: nil),
            ],
            end: { example.end() })
    }
}
