import Manifests
import PlatformModel
import Testing

/// Shapes that updates and extension files in the wild use.
@Suite struct PodShapeTests {
    private static let container = "containers: {app: {image: app:1}}\n"

    /// Spec, update, a place in the pod template's spec, what is there.
    private static let cases: [(spec: String, update: String?, place: String, expected: String)] = [
        // Volumes as the reference's profiles write them.
        (
            "volumes: {tmp: {type: emptyDir, source: {sizeLimit: 10Mi}}}", nil, "/volumes",
            "[{name: tmp, emptyDir: {sizeLimit: 10Mi}}]"
        ),
        ("volumes: {tmp: {type: emptyDir}}", nil, "/volumes", "[{name: tmp, emptyDir: {}}]"),
        ("volumes: {tmp: {emptyDir: {medium: Memory}}}", nil, "/volumes", "[{name: tmp, emptyDir: {medium: Memory}}]"),
        (
            "volumes: {conf: {type: projected, defaultMode: 256, configMap: {items: [{key: a, path: a.txt}]}}}", nil, "/volumes",
            "[{name: conf, projected: {defaultMode: 256, sources: [{configMap: {name: web-configmap, items: [{key: a, path: a.txt}]}}]}}]"
        ),
        (
            "volumes: {all: {type: projected, sources: [{secret: {name: s}}]}}", nil, "/volumes",
            "[{name: all, projected: {sources: [{secret: {name: s}}]}}]"
        ),
        (
            "extraVolumes: [{name: share, nfs: {server: nfs.local, path: /x}}]", nil, "/volumes",
            "[{name: share, nfs: {server: nfs.local, path: /x}}]"
        ),
        // A pod's own lists come beside what the profile makes.
        (
            "volumes: {tmp: {emptyDir: {}}}\npod: {volumes: [{name: more, emptyDir: {}}]}", nil, "/volumes",
            "[{name: tmp, emptyDir: {}}, {name: more, emptyDir: {}}]"
        ),
        (
            "{}", "[{op: add, path: /spec/pod/initContainers, value: [{name: wait, image: busybox}]}]", "/initContainers",
            "[{name: wait, image: busybox}]"
        ),
        // Fields of a PodSpec at the top.
        ("{}", "[{op: add, path: /spec/automountServiceAccountToken, value: true}]", "/automountServiceAccountToken", "true"),
        ("{}", "[{op: add, path: /spec/runtimeClassName, value: gvisor}]", "/runtimeClassName", "gvisor"),
        ("{}", "[{op: add, path: /spec/affinity, value: {nodeAffinity: {}}}]", "/affinity", "{nodeAffinity: {}}"),
        // Fields of a container as Kubernetes has them.
        (
            "{}", "[{op: add, path: /spec/containers/app/volumeMounts, value: [{name: v, mountPath: /data}]}]",
            "/containers/0/volumeMounts", "[{name: v, mountPath: /data}]"
        ),
        (
            "{}", "[{op: add, path: /spec/containers/app/volumeMounts/-, value: {name: v, mountPath: /data}}]",
            "/containers/0/volumeMounts", "[{name: v, mountPath: /data}]"
        ),
        (
            "service: {ports: {http: {service_port: 80, container_port: 8080}}}",
            "[{op: add, path: /spec/containers/app/ports, value: [{name: metrics, containerPort: 9090}]}]",
            "/containers/0/ports",
            "[{name: metrics, containerPort: 9090}, {name: http, containerPort: 8080, protocol: TCP}]"
        ),
        (
            "{}", "[{op: add, path: /spec/containers/app/envFrom, value: [{configMapRef: {name: c}}]}]", "/containers/0/envFrom",
            "[{configMapRef: {name: c}}]"
        ),
    ]

    @Test(arguments: cases)
    func rendersThePod(spec: String, update: String?, place: String, expected: String) throws {
        let spec = Self.container + (spec == "{}" ? "" : spec)
        let rendered = try WorkloadRenderer.render(try input(spec, update: update))
        let deployment = try #require(rendered.objects.first { $0["kind"]?.string == "Deployment" })
        let pod = try #require(deployment["spec"]?["template"]?["spec"])
        #expect(pod[try JSONPointer(place)] == (try yaml(expected)))
    }

    @Test(arguments: ["scratch", "volumes.scratch", "share", "volumes.share"])
    func mountsNameVolumesWithOrWithoutTheirFamily(id: String) throws {
        let spec = """
            volumes: {scratch: {emptyDir: {}}}
            extraVolumes: [{name: share, nfs: {server: nfs.local, path: /x}}]
            containers: {app: {image: app:1, volume_mounts: {/mnt: {id: \(id)}}}}
            """
        let rendered = try WorkloadRenderer.render(try input(spec))
        let pod = try #require(rendered.objects.first { $0["kind"]?.string == "Deployment" }?["spec"]?["template"]?["spec"])
        let name = id.split(separator: ".").last.map(String.init) ?? ""
        #expect(pod["containers"]?.array?.first?["volumeMounts"] == [["name": .string(name), "mountPath": "/mnt"]])
    }

    @Test func anExtraVolumeNeedsAName() throws {
        let found = problems(try input(Self.container + "extraVolumes: [{emptyDir: {}}]"))
        #expect(found.map(\.code) == ["MAN-106"])
    }

    @Test func slotsMoveWithTheirObjects() throws {
        let rendered = RenderedWorkload(
            objects: [["a": .null]], slots: [SecretSlot(pointer: "/0/a", parts: [.text("x")])])
        #expect(rendered.preceded(by: []) == rendered)
        let moved = rendered.preceded(by: [["b": 1], ["c": 2]])
        #expect(moved.objects == [["b": 1], ["c": 2], ["a": .null]] && moved.slots.map(\.pointer) == ["/2/a"])
    }
}
