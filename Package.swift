// swift-tools-version: 6.2
import PackageDescription

// The layers of docs/architecture.md. A target may depend only on targets of the rows above its own;
// `make lint` compares each program's closure with Tests/Lint/closures.txt.

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asyncHTTPClient = product(name: "AsyncHTTPClient", package: "async-http-client")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
    static let logging = product(name: "Logging", package: "swift-log")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioExtras = product(name: "NIOExtras", package: "swift-nio-extras")
    static let nioHTTPTypes = product(name: "NIOHTTPTypes", package: "swift-nio-extras")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let subprocess = product(name: "Subprocess", package: "swift-subprocess")
}

/// A library target under `Sources/<layer>/<name>`.
/// - Parameter small: Made for size: code of which there is much, and which runs seldom or waits for others.
func library(_ layer: String, _ name: String, _ dependencies: [Target.Dependency] = [], small: Bool = false) -> Target {
    let size: [SwiftSetting] = small ? [.unsafeFlags(["-Osize"], .when(configuration: .release))] : []
    return .target(
        name: name, dependencies: dependencies, path: "Sources/\(layer)/\(name)", swiftSettings: swiftSettings + size)
}

/// A program: a main under 60 lines in `Sources/Programs/<name>`.
///
/// Relative relocations in packed form (DT_RELR, glibc 2.36): a tenth of the table that each start would read through and keep resident.
///
/// No tables for unwinding: a fifth of each program, which only exceptions of C++ would read. Frame pointers are there for whoever looks.
///
/// A program that stands alone has Swift's libraries in it: it starts in half the time, and is one file to hand out. The services share
/// them. (Linked so, Foundation's own parts are not found by themselves; and nobody looks symbols up in a program.)
func program(_ name: String, _ dependencies: [Target.Dependency], standsAlone: Bool = false) -> Target {
    let packed = ["-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"]
    let script = "\(Context.packageDirectory)/Sources/Programs/without-unwinding.ld"
    let lean = ["-Xlinker", "--no-eh-frame-hdr", "-Xlinker", "-T\(script)"]
    let whole = ["-static-stdlib", "-l_FoundationCShims", "-l_FoundationCollections", "-Xlinker", "--no-export-dynamic"]
    return .executableTarget(
        name: name, dependencies: dependencies, path: "Sources/Programs/\(name)", swiftSettings: swiftSettings,
        linkerSettings: [.unsafeFlags(packed + lean + (standsAlone ? whole : []), .when(configuration: .release))])
}

/// The module map of a Debian library.
func system(_ layer: String, _ name: String, pkgConfig: String) -> Target {
    .systemLibrary(name: name, path: "Sources/\(layer)/\(name)", pkgConfig: pkgConfig)
}

/// `Tests/<target>Tests`, which may also use everything that its target uses.
func tests(
    _ target: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = [], golden: Bool = false,
    recorder: Bool = false
) -> Target {
    .testTarget(
        name: "\(target)Tests", dependencies: [.byName(name: target)] + dependencies,
        path: "Tests/\(target)Tests", exclude: (golden ? ["Golden"] : []) + (recorder ? ["Recorder"] : []),
        resources: resources, swiftSettings: swiftSettings)
}

let package = Package(
    name: "martlet",
    products: [],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", exact: "1.0.2", traits: []),
    ],
    targets: [
        // Core: pure values and decisions.
        library("Core", "PlatformModel"),
        system("Core", "CYAML", pkgConfig: "yaml-0.1"),
        library("Core", "YAML", ["CYAML", "PlatformModel"]),
        library("Core", "ScoreSpec", ["PlatformModel", "YAML"], small: true),
        library("Core", "ScoreImport", ["PlatformModel", "YAML"], small: true),
        library("Core", "Templating", ["PlatformModel", "YAML"]),
        library("Core", "Schemas", ["PlatformModel", "Templating"]),
        library("Core", "SecretMasking", ["PlatformModel"]),
        library("Core", "PureDrivers", ["PlatformModel", "SecretMasking", "Templating", "YAML"]),
        library("Core", "Planning", ["PlatformModel", "Schemas"]),
        library("Core", "Execution"),
        library("Core", "AccessControl", ["PlatformModel"]),
        library("Core", "AuditRules", ["PlatformModel"]),
        library("Core", "DirectoryRules"),
        library("Core", "Manifests", ["PlatformModel", "Schemas"], small: true),
        library(
            "Core", "Preview", ["Manifests", "PlatformModel", "Planning", "PureDrivers", "Schemas", "SecretMasking"], small: true),
        library("Core", "LogRules", ["PlatformModel", "SecretMasking"]),

        // Support: the few shared I/O pieces.
        system("Support", "CPostgres", pkgConfig: "libpq"),
        system("Support", "CLDAP", pkgConfig: "ldap"),
        system("Support", "CSystemd", pkgConfig: "libsystemd"),
        system("Support", "CCrypto", pkgConfig: "libcrypto"),
        .target(name: "CShims", path: "Sources/Support/CShims"),
        library("Support", "Cryptography", ["CCrypto"]),
        library("Support", "TemplateLibraries", ["Cryptography", "Templating"]),
        library("Support", "Outgoing", ["PlatformModel", .asyncHTTPClient, .nioCore, .nioHTTP1, .nioPosix, .nioSSL]),
        library("Support", "FaultPoints"),
        library(
            "Support", "Postgres",
            ["AuditRules", "CPostgres", "CShims", "FaultPoints", "PlatformModel", .logging, .serviceLifecycle]),
        library(
            "Support", "ServiceAPI",
            ["PlatformModel", .asyncHTTPClient, .httpTypes, .nioCore, .nioHTTP1, .nioPosix], small: true),
        library(
            "Support", "ServiceRuntime",
            [
                "CSystemd", "CShims", "FaultPoints", "PlatformModel", "ServiceAPI", "YAML", .hummingbird, .hummingbirdCore,
                .httpTypes, .logging, .nioCore, .nioPosix, .nioHTTP1, .nioHTTPTypes, .nioExtras, .nioSSL, .serviceLifecycle,
                .unixSignals,
            ]),

        library(
            "Support", "Auditing",
            ["AuditRules", "PlatformModel", "Postgres", "ServiceAPI", "ServiceRuntime", .httpTypes, .hummingbird, .logging]),

        library("Support", "AuditSealing", ["AuditRules", "Cryptography", "PlatformModel", "Postgres"]),

        // Infrastructure: what touches the outside, used by the runner.
        library(
            "Infrastructure", "DirectoryClient", ["CLDAP", "Cryptography", "DirectoryRules", "ServiceRuntime"], small: true),
        library("Infrastructure", "RouteProxy", ["PlatformModel", .logging]),
        library("Infrastructure", "Sandbox", ["CShims", .nioPosix]),
        library(
            "Infrastructure", "DeployTargets",
            ["CShims", "FaultPoints", "PlatformModel", .asyncHTTPClient, .logging, .nioCore, .nioHTTP1, .nioPosix], small: true),
        library(
            "Infrastructure", "Drivers",
            [
                "DeployTargets", "FaultPoints", "Outgoing", "PlatformModel", "Postgres", "PureDrivers", "RouteProxy", "Sandbox",
                "Schemas",
                "TemplateLibraries", "Templating", "YAML",
                .nioCore, .nioHTTP1, .nioPosix,
            ], small: true),

        // Services: a folder a room.
        library(
            "Services", "Gateway",
            [
                "AccessControl", "AuditRules", "Auditing", "Cryptography", "DirectoryClient", "DirectoryRules", "FaultPoints",
                "Outgoing",
                "PlatformModel", "Postgres", "ServiceAPI", "ServiceRuntime",
                .hummingbird, .httpTypes, .logging, .nioCore, .nioSSL, .serviceLifecycle,
            ]),
        library(
            "Services", "Orchestrator",
            [
                "AccessControl", "AuditRules", "Auditing", "Execution", "FaultPoints", "Manifests", "Planning", "PlatformModel",
                "Postgres", "Schemas", "ScoreSpec", "ServiceAPI", "ServiceRuntime", "Templating", .hummingbird, .httpTypes,
                .logging, .serviceLifecycle,
            ]),
        library(
            "Services", "DriverRunner",
            [
                "Cryptography", "DeployTargets", "Drivers", "FaultPoints", "Outgoing", "PlatformModel", "Postgres", "PureDrivers",
                "RouteProxy", "Sandbox", "Schemas", "SecretMasking", "ServiceAPI", "ServiceRuntime", .hummingbird, .httpTypes,
                .logging,
                .serviceLifecycle,
            ], small: true),
        library(
            "Services", "SecretBroker",
            [
                "AuditRules", "AuditSealing", "Auditing", "Cryptography", "FaultPoints", "Outgoing", "PlatformModel", "Postgres",
                "ServiceAPI",
                "ServiceRuntime", .hummingbird, .httpTypes, .logging, .serviceLifecycle,
            ], small: true),
        library(
            "Services", "LogAggregator",
            [
                "AccessControl", "FaultPoints", "LogRules", "PlatformModel", "Postgres", "ServiceAPI", "ServiceRuntime",
                .hummingbird, .httpTypes, .logging, .serviceLifecycle,
            ]),

        // Programs: a main each.
        library(
            "Programs", "CommandLineTool",
            [
                "Manifests", "PlatformModel", "Planning", "Preview", "PureDrivers", "ScoreImport", "ScoreSpec", "ServiceAPI",
                "TemplateLibraries", "YAML", .argumentParser, .asyncHTTPClient, .httpTypes, .nioSSL,
            ], small: true),
        library(
            "Programs", "AdminTool",
            [
                "AuditRules", "AuditSealing", "Cryptography", "DirectoryClient", "PlatformModel", "Postgres", "RouteProxy",
                "ServiceAPI",
                "ServiceRuntime",
                .argumentParser, .httpTypes, .logging, .subprocess,
            ], small: true),
        program("martlet-gateway", ["Gateway", "ServiceRuntime"]),
        program("martlet-orchestrator", ["Orchestrator", "ServiceRuntime"]),
        program("martlet-runner", ["DriverRunner", "ServiceRuntime"]),
        program("martlet-broker", ["SecretBroker", "ServiceRuntime"]),
        program("martlet-logs", ["LogAggregator", "ServiceRuntime"]),
        program("martlet", ["CShims", "CommandLineTool", .argumentParser], standsAlone: true),
        program("martlet-admin", ["AdminTool", .argumentParser]),

        // Tests.
        .target(
            name: "TestSupport",
            dependencies: ["PlatformModel", "Postgres", .asyncHTTPClient, .logging, .nioCore, .subprocess],
            path: "Tests/Support", swiftSettings: swiftSettings),
        // Rooms that are fakes: apart, since only the tests of services need a server.
        .target(
            name: "RoomTestSupport",
            dependencies: ["PlatformModel", "ServiceAPI", "ServiceRuntime", .hummingbird, .httpTypes, .logging],
            path: "Tests/RoomSupport", swiftSettings: swiftSettings),
        // What libFuzzer runs, and the tests run again over what it found.
        .target(
            name: "Fuzz", dependencies: ["Planning", "PlatformModel", "ScoreImport", "ScoreSpec", "Templating", "YAML"],
            path: "Tests/Fuzz", exclude: ["Corpora"], swiftSettings: swiftSettings),
        tests("Fuzz"),
        tests("PlatformModel", ["TestSupport"]),
        tests("YAML", golden: true, recorder: true),
        tests("ScoreSpec", ["YAML"], golden: true, recorder: true),
        tests("ScoreImport", ["ScoreSpec"], golden: true),
        tests("Schemas", ["PlatformModel"]),
        tests("Templating", golden: true, recorder: true),
        tests("Planning", ["ScoreSpec", "TestSupport", "YAML"]),
        tests("Execution"),
        tests("AccessControl", ["TestSupport"], golden: true),
        tests("AuditRules", ["PlatformModel"]),
        tests("DirectoryRules"),
        tests("DirectoryClient", ["Cryptography", "TestSupport"]),
        tests("Manifests", ["YAML"], golden: true),
        tests("Preview", ["Manifests", "Planning", "PureDrivers", "ScoreSpec"]),
        tests("SecretMasking"),
        tests("LogRules"),
        tests("Cryptography", ["PlatformModel"]),
        tests("TemplateLibraries", ["PlatformModel", "Templating"]),
        tests("Postgres", ["AuditRules", "PlatformModel", "TestSupport", .logging], resources: [.copy("Golden")]),
        .executableTarget(
            name: "room-probe",
            dependencies: [
                "FaultPoints", "PlatformModel", "ServiceAPI", "ServiceRuntime", .httpTypes, .hummingbird, .nioCore, .nioPosix,
                .nioSSL,
            ],
            path: "Tests/Programs/room-probe", swiftSettings: swiftSettings),
        // `make bench`: what one decision costs.
        .executableTarget(
            name: "decision-probe", dependencies: ["AccessControl", "PlatformModel"], path: "Tests/Programs/decision-probe",
            swiftSettings: swiftSettings),
        tests("FaultPoints", ["TestSupport"]),
        tests("ServiceRuntime", ["ServiceAPI", "TestSupport", "room-probe", .logging, .nioCore]),
        tests("ServiceAPI", ["PlatformModel", "TestSupport", "room-probe", .httpTypes, .nioCore]),
        tests("RouteProxy", ["TestSupport"]),
        tests("Sandbox", ["TestSupport"]),
        tests("DeployTargets", ["TestSupport"]),
        tests(
            "Drivers", ["DeployTargets", "Planning", "Postgres", "PureDrivers", "RouteProxy", "Sandbox", "TestSupport", "YAML"]),
        tests(
            "Gateway",
            [
                "AccessControl", "Cryptography", "DirectoryClient", "Outgoing", "Postgres", "RoomTestSupport", "ServiceAPI",
                "ServiceRuntime", "TestSupport", .nioSSL,
            ]),
        tests(
            "Orchestrator",
            [
                "AccessControl", "Planning", "PlatformModel", "Postgres", "RoomTestSupport", "ServiceAPI", "ServiceRuntime",
                "TestSupport", .httpTypes, .hummingbird, .logging, .serviceLifecycle,
            ]),
        tests(
            "DriverRunner",
            [
                "Cryptography", "DeployTargets", "Drivers", "Postgres", "PureDrivers", "Sandbox", "SecretBroker", "ServiceAPI",
                "ServiceRuntime", "TestSupport",
            ]),
        tests("SecretBroker", ["Cryptography", "Postgres", "ServiceAPI", "ServiceRuntime", "TestSupport", "martlet-broker"]),
        tests("LogAggregator", ["LogRules", "Postgres", "ServiceAPI", "ServiceRuntime", "TestSupport", "martlet-logs"]),
        tests("CommandLineTool", ["TestSupport"], golden: true),
        // The real programs: `martlet-admin` alone, and all of them over real sockets.
        .testTarget(
            name: "AdminToolTests",
            dependencies: [
                "AdminTool", "Cryptography", "DirectoryClient", "PlatformModel", "Postgres", "ServiceAPI", "ServiceRuntime",
                "TestSupport",
                "martlet", "martlet-admin", "martlet-broker", "martlet-gateway", "martlet-orchestrator",
            ],
            path: "Tests/AdminToolTests", exclude: ["Golden"], swiftSettings: swiftSettings),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "AccessControl", "AdminTool", "DriverRunner", "Gateway", "LogAggregator", "Orchestrator", "PlatformModel",
                "Postgres", "Schemas", "SecretBroker", "ServiceAPI", "ServiceRuntime", "TestSupport", "YAML", "martlet",
                "martlet-admin",
                "martlet-broker", "martlet-gateway", "martlet-logs", "martlet-orchestrator", "martlet-runner", .asyncHTTPClient,
                .nioCore, .nioHTTP1, .nioSSL,
            ], path: "Tests/System", swiftSettings: swiftSettings),
    ],
    swiftLanguageModes: [.v6]
)

// `MARTLET_ONLY=Templating swift test` builds and tests one target and what it needs: seconds instead of minutes.
if let only = Context.environment["MARTLET_ONLY"]?.split(separator: ",").map(String.init), !only.isEmpty {
    let byName = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, $0) })
    var kept: Set<String> = [], queue = only.flatMap { [$0, "\($0)Tests"] }
    while let name = queue.popLast() {
        guard let target = byName[name], kept.insert(name).inserted else { continue }
        for case .byNameItem(let dependency, _) in target.dependencies { queue.append(dependency) }
    }
    package.targets.removeAll { !kept.contains($0.name) }
}

// `scripts/fuzz`: the parsers alone, as an archive that libFuzzer is linked to.
if Context.environment["MARTLET_FUZZ"] == "1" {
    package.targets.removeAll { $0.path?.hasPrefix("Sources/Core/") != true && $0.name != "Fuzz" }
    package.dependencies = []
    package.products = [.library(name: "MartletFuzz", type: .static, targets: ["Fuzz"])]
}
