import Manifests
import PlatformModel
import Testing

@Suite struct ContainerPortTests {
    private func pod(_ spec: String) throws -> JSON {
        let objects = try WorkloadRenderer.render(try input(spec)).objects
        let workload = try #require(objects.first { $0["kind"] == "Deployment" })
        return try #require(workload["spec"]?["template"]?["spec"])
    }

    /// Port and protocol are the key of the list for a server-side apply, and a long name of a service's port is none of a container's.
    @Test func eachPortOnceAndWithANameThatKubernetesTakes() throws {
        let pod = try pod(
            """
            service:
              ports:
                admin: {service_port: 8001, container_port: 9000}
                dns-udp: {service_port: 53, protocol: UDP}
                dns-tcp: {service_port: 53}
                public: {service_port: 80, container_port: 9000}
                a-name-that-is-longer-than-fifteen: {service_port: 81}
                a-name-that-is-longer-than-others: {service_port: 82}
                "8080": {service_port: 8080}
                a--b: {service_port: 83}
            containers: {main: {image: a}}
            """)
        let expected: JSON = [
            ["containerPort": 8080, "protocol": "TCP"], ["containerPort": 83, "protocol": "TCP"],
            ["containerPort": 81, "protocol": "TCP"], ["containerPort": 82, "protocol": "TCP"],
            ["name": "admin", "containerPort": 9000, "protocol": "TCP"],
            ["name": "dns-tcp", "containerPort": 53, "protocol": "TCP"],
            ["name": "dns-udp", "containerPort": 53, "protocol": "UDP"],
        ]
        #expect(pod["containers"]?[0]?["ports"] == expected, "\(String(describing: pod["containers"]?[0]?["ports"]))")
    }

    @Test func volumesOfTheSpecByTypeAndByTheirFullName() throws {
        let pod = try pod(
            """
            volumes: {tmp: {type: emptyDir}, cache: {type: emptyDir, source: {sizeLimit: 1Gi}}, raw: {emptyDir: {}}}
            containers: {main: {image: a, volume_mounts: {/tmp: {id: volumes.tmp}, /c: {id: cache}, /r: {id: volumes.raw}}}}
            """)
        let expected: JSON = [
            ["name": "cache", "emptyDir": ["sizeLimit": "1Gi"]], ["name": "raw", "emptyDir": [:]],
            ["name": "tmp", "emptyDir": [:]],
        ]
        #expect(pod["volumes"] == expected)
        #expect(pod["containers"]?[0]?["volumeMounts"]?.array?.map { $0["name"] } == ["cache", "raw", "tmp"])
    }

    @Test func volumesAndContainersThatThePodBringsStandBesideItsOwn() throws {
        let pod = try pod(
            """
            volumes: {all: {type: projected, configMap: {items: [{key: k, path: p}]}, secret: {name: s}}}
            extraVolumes: [{name: share, nfs: {server: files.example, path: /a}}]
            pod: {initContainers: [{name: wait, image: w}], volumes: [{name: more, emptyDir: {}}], os: {name: linux}}
            containers:
              main: {image: a, volume_mounts: {/s: {id: volumes.share}}, volumeMounts: [{name: more, mountPath: /m}]}
              init: {image: i, before: {main: {ready: complete}}}
            """)
        let projected: JSON = [
            "sources": [
                ["configMap": ["name": "web-configmap", "items": [["key": "k", "path": "p"]]]], ["secret": ["name": "s"]],
            ]
        ]
        #expect(
            pod["volumes"]?.array?.map { $0["name"] } == ["all", "share", "more"] && pod["volumes"]?[0]?["projected"] == projected
        )
        #expect(pod["initContainers"]?.array?.map { $0["name"] } == ["init", "wait"] && pod["os"] == ["name": "linux"])
        let mounts: JSON = [["name": "share", "mountPath": "/s"], ["name": "more", "mountPath": "/m"]]
        #expect(pod["containers"]?[0]?["volumeMounts"] == mounts)
        let found = problems(try input("containers: {main: {image: a}}\npod: {containers: []}"))
        #expect(found.map { "\($0.code) \($0.path)" } == ["MAN-101 modules.web.spec.pod.containers"])
    }

    @Test func aHeaderWithSeveralValuesIsSentSeveralTimes() throws {
        let pod = try pod(
            "containers: {main: {image: a, liveness_probe: {type: http, path: /, port: 1, headers: {B: [x, 'y'], A: z}}}}")
        let expected: JSON = [["name": "A", "value": "z"], ["name": "B", "value": "x"], ["name": "B", "value": "y"]]
        #expect(pod["containers"]?[0]?["livenessProbe"]?["httpGet"]?["httpHeaders"] == expected)
    }
}
