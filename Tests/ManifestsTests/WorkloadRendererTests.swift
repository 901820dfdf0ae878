import FoundationEssentials
import Manifests
import PlatformModel
import Testing
import YAML

func yaml(_ text: String) throws -> JSON { try YAMLDocument.parse(Array(text.utf8), file: "test").json }

/// A workload of the shop in `dev`; the secrets at the given pointers are references to their own pointer.
func input(
    _ spec: String, profile: String = "humanitec/default-module", secrets: [String] = [], update: String? = nil,
    updateSecrets: [String] = [], manifests: [InjectedManifest] = []
) throws -> WorkloadInput {
    func slots(_ pointers: [String]) -> [SecretSlot] {
        pointers.map { SecretSlot(pointer: $0, parts: [.reference(SecretReference(ref: "test\($0)"))]) }
    }
    return WorkloadInput(
        environment: EnvironmentContext(orgID: "acme", appID: "shop", envID: "dev", envType: "development"), name: "web",
        workload: Workload(profile: profile, spec: try yaml(spec)), slots: slots(secrets), update: try update.map(yaml),
        updateSlots: slots(updateSecrets), manifests: manifests)
}

func problems(_ input: WorkloadInput) -> [Problem] {
    do throws(ManifestProblems) {
        _ = try WorkloadRenderer.render(input)
        return []
    } catch {
        return error.problems
    }
}

@Suite struct WorkloadRendererTests {
    static let full = """
        replicas: 2
        labels: {tier: front}
        annotations: {example.com/Owner: ann}
        service:
          labels: {team: core}
          ports:
            http: {service_port: 80, container_port: 8080, protocol: TCP}
        deployment:
          labels: {dep: x}
          strategy: {type: Recreate}
        pod:
          annotations: {pod: y}
          terminationGracePeriodSeconds: 5
        volumes:
          scratch: {emptyDir: {}}
        containers:
          setup:
            id: setup
            image: setup:1
            variables: {DB_PASSWORD: null}
            before: {web: {ready: complete}}
          cache:
            id: cache
            image: cache:1
            readiness_probe: {type: tcp, port: 6379}
            before: {web: {ready: healthy}}
          web:
            id: web
            image: web:1
            command: [/bin/sh, -c]
            args: ['echo $(date) $$ ${HOME} $x']
            variables: {DB_HOST: db.local, DB_PASSWORD: null, API_KEY: null, PORT: 8080, LITERAL: 'a$(b)$$c$'}
            files:
              /etc/web/web.conf: {mode: "0640", value: "a: b\\n"}
              /etc/web/token: {mode: "0400", value: null}
              /etc/web/icon.png: {binary_value: iVBORw0KGgo=}
            volume_mounts:
              /var/lib/web: {id: externals.disk, sub_path: data, read_only: false}
              /tmp/x: {id: scratch, read_only: true}
            liveness_probe: {type: http, path: /alive, port: 8080, host: example.com, headers: {X-A: "1"}, periodSeconds: 5}
            readiness_probe: {type: command, command: [/ready]}
            resources: {limits: {memory: 128K, cpu: 250m}}
        """

    static let secrets = [
        "/containers/setup/variables/DB_PASSWORD", "/containers/web/variables/DB_PASSWORD", "/containers/web/variables/API_KEY",
        "/containers/web/files/~1etc~1web~1token/value",
    ]

    static let disk = InjectedManifest(
        DriverManifest(location: "volumes", data: ["name": "disk-1", "emptyDir": ["sizeLimit": "64Mi"]]), source: "externals.disk"
    )

    static let cron = """
        schedules:
          hourly: {schedule: "0 * * * *", containers: {main: {args: [--hours, "1"]}}}
          nightly: {schedule: "15 1 * * *", suspend: true}
        cronjob: {annotations: {a: b}, timeZone: Africa/Lagos, concurrencyPolicy: Forbid}
        job: {labels: {c: d}, ttlSecondsAfterFinished: 3600}
        pod: {labels: {e: f}, nodeSelector: {zone: a}}
        containers:
          main: {id: main, image: job:1, args: [--all], variables: {TOKEN: null}, files: {/etc/a: {value: text}}}
        """

    /// `MARTLET_REWRITE_GOLDEN=1 swift test` rewrites the files; look at the difference before committing it.
    @Test(arguments: ["default-module", "default-job", "default-cronjob", "update"]) func rendersAsTheGoldenFile(name: String)
        throws
    {
        let given: WorkloadInput
        switch name {
        case "default-module": given = try input(Self.full, secrets: Self.secrets, manifests: [Self.disk])
        case "default-job":
            given = try input(
                "containers: {main: {id: main, image: job:1, variables: {A: b}}}\njob: {backoffLimit: 2}",
                profile: "martlet/default-job")
        case "default-cronjob":
            given = try input(Self.cron, profile: "humanitec/default-cronjob", secrets: ["/containers/main/variables/TOKEN"])
        default: given = try Self.updated()
        }
        let rendered = try WorkloadRenderer.render(given)
        let text = YAMLWriter(firstKeys: ["apiVersion", "kind", "metadata", "name"]).text(
            of: rendered.objects + [["slots": try JSON(encoding: rendered.slots)]])
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/\(name).yaml")
        if ProcessInfo.processInfo.environment["MARTLET_REWRITE_GOLDEN"] == "1" { try Data(text.utf8).write(to: url) }
        #expect(text == String(decoding: try Data(contentsOf: url), as: UTF8.self))
    }

    /// What definitions do to workloads: a service account, a variable, `env`, labels, a sidecar with its volume and ConfigMap.
    static func updated() throws -> WorkloadInput {
        try input(
            "containers: {main: {id: main, image: web:1, variables: {PASSWORD: null, B: two}}}",
            secrets: ["/containers/main/variables/PASSWORD"],
            update: """
                - {op: add, path: /spec/serviceAccountName, value: web-sa}
                - {op: add, path: /spec/deployment/labels, value: {env_id: dev}}
                - {op: add, path: /spec/containers/main/env, value: [{name: B, value: three}, {name: TOKEN, value: null}]}
                - {op: move, from: /spec/containers/main/variables/PASSWORD, path: /spec/containers/main/variables/DB_PASSWORD}
                - {op: add, path: /spec/containers/main/files/~1etc~1x/value, value: text}
                """,
            updateSecrets: ["/2/value/1/value"],
            manifests: [
                InjectedManifest(
                    DriverManifest(
                        location: "containers",
                        data: ["name": "agent", "image": "agent:1", "volumeMounts": [["name": "conf", "mountPath": "/c"]]])),
                InjectedManifest(
                    DriverManifest(location: "volumes", data: ["name": "conf", "configMap": ["name": "agent-conf"]])),
                InjectedManifest(
                    DriverManifest(
                        location: "namespace",
                        data: ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "agent-conf"], "data": ["a": "b"]])),
            ])
    }

    /// A resource that two names of the workload stand for is found by both.
    @Test func aVolumeHasEveryNameOfItsResource() throws {
        var given = try input(
            "containers: {main: {id: main, image: a, volume_mounts: {/a: {id: externals.disk}, /b: {id: shared.disk}}}}")
        given.add(
            [DriverManifest(location: "volumes", data: ["name": "v", "emptyDir": [:]])], host: "disk.test",
            names: ["externals.disk", "shared.disk"])
        let rendered = try WorkloadRenderer.render(given)
        let pod = rendered.objects.last?["spec"]?["template"]?["spec"]
        let mounts = pod?["containers"]?[0]?["volumeMounts"]?.array ?? []
        #expect(mounts.compactMap { $0["name"]?.string } == ["v", "v"] && pod?["volumes"]?.array?.count == 1)
        #expect(given.hosts == ["externals.disk": "disk.test", "shared.disk": "disk.test"])
    }

    @Test func slotsPointAtNullsOfASecret() throws {
        let rendered = try WorkloadRenderer.render(try input(Self.full, secrets: Self.secrets, manifests: [Self.disk]))
        let whole = JSON.array(rendered.objects)
        // The password of both containers differs, so it has two keys.
        #expect(rendered.slots.count == 4)
        for slot in rendered.slots {
            let pointer = try JSONPointer(slot.pointer)
            #expect(whole[pointer] == .null)
            #expect(whole[JSONPointer(tokens: [pointer.tokens[0], "kind"])] == "Secret")
        }
        #expect(try WorkloadRenderer.render(try input(Self.full, secrets: Self.secrets, manifests: [Self.disk])) == rendered)
    }

    @Test func oneSecretForOneValue() throws {
        var given = try input(
            "containers: {aa: {image: x, variables: {P: null}}, bb: {image: x, variables: {P: null}}}",
            secrets: ["/containers/aa/variables/P", "/containers/bb/variables/P"])
        given.slots[1].parts = given.slots[0].parts
        #expect(try WorkloadRenderer.render(given).slots.map(\.pointer) == ["/0/stringData/P"])
    }

    @Test func podsChangeWhenOnlyTheirDataDoes() throws {
        func annotation(_ value: String, _ version: String) throws -> JSON? {
            var given = try input(
                "containers: {aa: {image: x, variables: {P: null}, files: {/a: {value: \(value)}}}}",
                secrets: ["/containers/aa/variables/P"])
            given.slots[0].parts = [.reference(SecretReference(ref: "p", version: version))]
            return try WorkloadRenderer.render(given).objects.last?["spec"]?["template"]?["metadata"]?["annotations"]?[
                "martlet.dev/config-hash"]
        }
        let hashes = Set(try [annotation("a", "1"), annotation("b", "1"), annotation("a", "2")])
        #expect(hashes.count == 3)
        #expect(try annotation("a", "1") == annotation("a", "1"))
    }

    static let mistakes: [(String, [String], String)] = [
        ("containers: {main: {image: x}}\nreplica: 2", [], "MAN-101 modules.web.spec.replica"),
        ("containers: {main: {image: x, comand: [a]}}", [], "MAN-101 modules.web.spec.containers.main.comand"),
        ("containers: {main: {image: .}}", [], "MAN-103 modules.web.spec.containers.main.image"),
        ("containers: {}", [], "MAN-103 modules.web.spec.containers"),
        ("containers: {main: {image: x}}\nreplicas: many", [], "MAN-103 modules.web.spec.replicas"),
        (
            "containers: {main: {image: x, volume_mounts: {/a: {id: externals.disk}}}}", [],
            "MAN-104 modules.web.spec.containers.main.volume_mounts./a.id"
        ),
        (
            "containers: {main: {image: x, liveness_probe: {type: htp}}}", [],
            "MAN-103 modules.web.spec.containers.main.liveness_probe.type"
        ),
        (
            "containers: {main: {image: x, files: {/a: {mode: '0999', value: b}}}}", [],
            "MAN-103 modules.web.spec.containers.main.files./a.mode"
        ),
        ("containers: {main: {image: x}}\nlabels: {a: null}", ["/labels/a"], "MAN-105 modules.web.spec"),
        (
            "containers: {main: {image: x, variables: {A: {b: null}}}}", ["/containers/main/variables/A/b"],
            "MAN-105 modules.web.spec.containers.main.variables.A"
        ),
        ("containers: {main: {image: x}}", ["/containers/main/variables/A"], "MAN-105 modules.web.spec"),
        (
            "containers: {main: {image: x, before: {man: {ready: started}}}}", [],
            "MAN-110 modules.web.spec.containers.main.before.man"
        ),
        (
            "containers: {aa: {image: x, before: {bb: {ready: healthy}}}, bb: {image: x}}", [],
            "MAN-110 modules.web.spec.containers.aa"
        ),
        (
            "containers: {main: {image: x}}\nservice: {ports: {http: {service_port: 0}}}", [],
            "MAN-103 modules.web.spec.service.ports.http.service_port"
        ),
    ]

    @Test(arguments: mistakes) func saysWhatIsWrong(spec: String, secrets: [String], expected: String) throws {
        let found = problems(try input(spec, secrets: secrets)).map { "\($0.code) \($0.path)" }
        #expect(found.contains(expected), "\(found)")
        #expect(found.count <= 2)
    }

    /// As JSON may bring it: the mark that stands for a secret while a spec is rendered cannot be given from outside.
    @Test func theMarkOfASecretIsAnUnknownKey() throws {
        var forged = try input("containers: {main: {image: x}}")
        forged.workload.spec["\0secret"] = 0
        #expect(problems(forged).map { "\($0.code) \($0.path)" }.contains("MAN-101 modules.web.spec.\0secret"))
    }

    @Test(arguments: [
        ("- {op: add, path: /containers/main/image, value: x}", "does not begin with '/spec/'"),
        ("- {op: remove, path: /spec/labels}", "remove '/spec/labels'"),
        ("- {op: ad, path: /spec/labels, value: 1}", "did you mean 'add'"),
        ("- {path: /spec/labels}", "no operation"), ("a: b", "a list of operations"),
    ])
    func refusesUpdatesThatDoNotApply(update: String, message: String) throws {
        let found = problems(try input("containers: {main: {image: x}}", update: update))
        #expect(found.map(\.code) == ["MAN-107"])
        #expect(found.first?.message.contains(message) == true, "\(found)")
    }

    @Test func refusesManifestsThatDoNotFit() throws {
        let found = problems(
            try input(
                "containers: {agent: {image: x}}",
                manifests: [
                    InjectedManifest(DriverManifest(location: "container", data: ["name": "a"])),
                    InjectedManifest(DriverManifest(location: "containers", data: ["name": "agent"])),
                    InjectedManifest(DriverManifest(location: "namespace", data: "text")),
                    InjectedManifest(DriverManifest(location: "volumes", data: ["emptyDir": [:]])),
                ]))
        #expect(found.map(\.code).sorted() == ["MAN-106", "MAN-106", "MAN-106", "MAN-108"])
        #expect(found.contains { $0.suggestion == "containers" })
    }

    @Test func refusesUnknownProfiles() throws {
        let found = problems(try input("containers: {main: {image: x}}", profile: "humanitec/default-modul"))
        #expect(found.map(\.suggestion) == ["humanitec/default-module"])
    }

    @Test func containersComeInTheOrderTheyWaitFor() throws {
        let objects = try WorkloadRenderer.render(
            try input(
                """
                containers:
                  bb: {image: x, before: {main: {ready: complete}}}
                  cc: {image: x, before: {aa: {ready: started}, main: {ready: started}}}
                  aa: {image: x, before: {bb: {ready: complete}}}
                  main: {image: x}
                """)
        ).objects
        let pod = objects.last?["spec"]?["template"]?["spec"]
        #expect(pod?["initContainers"]?.array?.compactMap { $0["name"]?.string } == ["cc", "aa", "bb"])
        #expect(pod?["initContainers"]?.array?.map { $0["restartPolicy"]?.string } == ["Always", nil, nil])
        #expect(pod?["containers"]?.array?.compactMap { $0["name"]?.string } == ["main"])
        let cycle = "containers: {aa: {image: x, before: {bb: {ready: started}}}, bb: {image: x, before: {aa: {ready: started}}}}"
        #expect(problems(try input(cycle)).map(\.code).contains("MAN-110"))
    }
}
