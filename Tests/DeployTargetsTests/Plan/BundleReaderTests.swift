import PlatformModel
import Testing

@testable import DeployTargets

@Suite struct BundleReaderTests {
    private static let environment = EnvironmentContext(orgID: "o-1", appID: "app", envID: "dev", envType: "development")

    private static func read(_ objects: JSON...) -> (plan: WorkloadPlan?, problems: [String]) {
        let bundle = WorkloadBundle(
            key: WorkloadKey(environment: environment, workload: "web"), revision: "r", mark: "m", objects: objects)
        let (plan, problems) = BundleReader.read(bundle)
        return (plan, problems.map(\.description))
    }

    private static func container(_ more: [String: JSON], _ others: JSON...) -> (container: ContainerPlan?, problems: [String]) {
        let deployment = Bundles.deployment(image: "i", more: more)
        let bundle = WorkloadBundle(
            key: WorkloadKey(environment: environment, workload: "web"), revision: "r", mark: "m", objects: others + [deployment])
        let (plan, problems) = BundleReader.read(bundle)
        return (plan?.containers.first, problems.map(\.description))
    }

    private static let place = "Deployment/web.spec.template.spec.containers[0]"

    @Test func variablesAreKeptApartByWhatIsSecret() throws {
        let container = try #require(
            Self.container(
                [
                    "env": [
                        ["name": "A", "value": "1"],
                        ["name": "B", "valueFrom": ["secretKeyRef": ["name": "s", "key": "k"]]],
                        ["name": "C", "valueFrom": ["configMapKeyRef": ["name": "c", "key": "k"]]],
                        ["name": "D", "value": "$(A)-$(B)-$$(A)-$(NOBODY)"],
                    ],
                    "args": ["--colour=$(C)", "$(A)"],
                ], Bundles.secret("s", ["k": "hidden"]), Bundles.configMap("c", ["k": "blue"])
            ).container)
        #expect(container.variables == ["A": "1", "C": "blue"])
        #expect(container.secretVariables.mapValues(\.value) == ["B": "hidden", "D": "1-hidden-$(A)-$(NOBODY)"])
        #expect(container.arguments == ["--colour=blue", "1"])
        #expect(!"\(container)".contains("hidden"))
    }

    @Test("What only has a meaning for a cluster is accepted; what would be broken without it is not")
    func clusterObjects() {
        func object(_ kind: String) -> JSON { ["apiVersion": "v1", "kind": .string(kind), "metadata": ["name": "x"]] }
        let deployment = Bundles.deployment(image: "i")
        #expect(Self.read(object("Namespace"), object("ServiceAccount"), deployment).problems.isEmpty)
        let refused = Self.read(object("NetworkPolicy"), object("ResourceQuota"), deployment).problems
        #expect(refused.map { $0.prefix(21) } == ["DEP-101 NetworkPolicy", "DEP-101 ResourceQuota"])
    }

    @Test func aSecretInACommandLineIsRefused() {
        let read = Self.container(
            [
                "env": [["name": "B", "valueFrom": ["secretKeyRef": ["name": "s", "key": "k"]]]], "args": ["--password=$(B)"],
            ], Bundles.secret("s", ["k": "hidden"]))
        #expect(
            read.problems == [
                "DEP-106 \(Self.place).args[0]: refers to a secret variable, which would show it in the process list; "
                    + "read the variable in the program"
            ])
    }

    @Test func whatIsNamedMustBeThere() {
        let read = Self.container(
            [
                "env": [
                    ["name": "A", "valueFrom": ["secretKeyRef": ["name": "sekrets", "key": "k"]]],
                    ["name": "B", "valueFrom": ["secretKeyRef": ["name": "secrets", "key": "pasword"]]],
                ],
                "volumeMounts": [["name": "dta", "mountPath": "/martlet/x"], ["name": "dta", "mountPath": "/x"]],
                "readinessProbe": ["httpGet": ["port": "htp"]], "ports": [["name": "http", "containerPort": 80]],
            ], Bundles.secret("secrets", ["password": "x"]))
        #expect(
            read.problems == [
                "DEP-105 \(Self.place).env[0].valueFrom.secretKeyRef.name: no Secret 'sekrets' is in the bundle; "
                    + "did you mean 'secrets'?",
                "DEP-105 \(Self.place).env[1].valueFrom.secretKeyRef.key: Secret 'secrets' has no 'pasword'; did you mean 'password'?",
                "DEP-103 \(Self.place).volumeMounts[0].mountPath: '/martlet/x' is not an absolute path outside /martlet",
                "DEP-105 \(Self.place).volumeMounts[1].name: the pod has no volume 'dta'",
                "DEP-103 \(Self.place).readinessProbe.httpGet.port: no port of the container has this number or name; "
                    + "did you mean 'http'?",
            ])
    }

    @Test(
        arguments: [
            (["privileged": true], "privileged: no workload gets the rights of the machine"),
            (["capabilities": ["add": ["SYS_ADMIN"]]], "capabilities.add: 'SYS_ADMIN': only NET_BIND_SERVICE can be added"),
            (["runAsUser": 0, "runAsNonRoot": true], "runAsNonRoot: the user 0 is root"),
            (
                ["seccompProfile": ["type": "Localhost"]],
                "seccompProfile.type: 'Localhost' is not done by this target; did you mean 'RuntimeDefault'?"
            ),
            (["runAsUser": -1], "runAsUser: -1 is not between 0 and 2147483647"),
            (["procMount": "x"], "procMount: this target does not do this field"),
        ] as [(JSON, String)])
    func rightsThatNobodyGets(_ security: JSON, _ message: String) {
        let problems = Self.container(["securityContext": security]).problems
        #expect(problems.count == 1 && problems[0].hasSuffix("\(Self.place).securityContext.\(message)"))
    }

    @Test func servicePortsFindTheirContainers() {
        let service: JSON = [
            "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web"],
            "spec": ["ports": [["port": 80, "targetPort": "http"], ["port": 443]]],
        ]
        let deployment = Bundles.deployment(image: "i", more: ["ports": [["name": "http", "containerPort": 8080]]])
        #expect(Self.read(service, deployment).plan?.services == [.init(port: 80, target: 8080), .init(port: 443, target: 443)])
    }

    @Test func filesKeepTheirPathsModesAndBytes() throws {
        let map: JSON = [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c"], "data": ["a": "text"],
            "binaryData": ["b": "AAH/"],
        ]
        let deployment = Bundles.deployment(
            image: "i", more: ["volumeMounts": [["name": "v", "mountPath": "/etc/x"]]],
            pod: [
                "volumes": [
                    ["name": "v", "configMap": ["name": "c", "items": [["key": "b", "path": "d/b.bin", "mode": 0o400]]]]
                ]
            ])
        let mount = try #require(Self.read(map, deployment).plan?.containers.first?.mounts.first)
        #expect(mount.source == .files([.init(path: "d/b.bin", contents: SealedBytes([0, 1, 255]), mode: 0o400)]))
        let climbing = Bundles.deployment(
            image: "i",
            pod: ["volumes": [["name": "v", "configMap": ["name": "c", "items": [["key": "a", "path": "../../x"]]]]]])
        #expect(Self.read(map, climbing).problems.map { $0.hasSuffix("'../../x' is not a path below the volume") } == [true])
    }

    @Test(
        arguments: [
            ("128Mi", 134_217_728), ("1G", 1_000_000_000), ("1.5Ki", 1536), ("42", 42), ("1e3", nil), ("-1", nil), ("", nil),
            ("Mi", nil),
            ("0", nil), ("99999999999999999999", nil),
        ] as [(String, Int64?)])
    func quantitiesOfBytes(_ text: String, _ bytes: Int64?) { #expect(Quantity.bytes(text) == bytes) }

    @Test(arguments: [("500m", 500), ("2", 2000), ("0.25", 250), ("m", nil), ("-1m", nil)] as [(String, Int64?)])
    func quantitiesOfProcessors(_ text: String, _ millis: Int64?) { #expect(Quantity.millis(text) == millis) }
}
