import DeployTargets
import PlatformModel
import Synchronization

/// Workloads for the tests.
enum Bundles {
    private static let counter = Mutex(0)

    /// An environment that no other test has.
    static func environment(_ name: String = "env") -> EnvironmentContext {
        let number = counter.withLock { counter in
            counter += 1
            return counter
        }
        return EnvironmentContext(orgID: "acme", appID: "app-\(number)", envID: name, envType: "development")
    }

    /// A Deployment of one container `main`; `more` and `pod` add to the container and to the pod.
    static func deployment(
        _ name: String = "web", image: String, command: [String]? = nil, replicas: Int = 1, more: [String: JSON] = [:],
        pod: [String: JSON] = [:], spec: [String: JSON] = [:]
    ) -> JSON {
        var container: [String: JSON] = ["name": "main", "image": .string(image)]
        if let command { container["command"] = .array(command.map(JSON.string)) }
        container.merge(more) { _, new in new }
        let podSpec: [String: JSON] = ["containers": [.object(container)], "terminationGracePeriodSeconds": 1]
        let deployment: [String: JSON] = [
            "replicas": .int(Int64(replicas)), "selector": ["matchLabels": ["app": .string(name)]],
            "template": [
                "metadata": ["labels": ["app": .string(name)]], "spec": .object(podSpec.merging(pod) { _, new in new }),
            ],
        ]
        return [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(name)],
            "spec": .object(deployment.merging(spec) { _, new in new }),
        ]
    }

    static func job(_ name: String = "once", image: String, command: [String], backoffLimit: Int = 0) -> JSON {
        let container: JSON = ["name": "main", "image": .string(image), "command": .array(command.map(JSON.string))]
        return [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": .string(name)],
            "spec": [
                "backoffLimit": .int(Int64(backoffLimit)),
                "template": ["spec": ["restartPolicy": "Never", "containers": [container], "terminationGracePeriodSeconds": 1]],
            ],
        ]
    }

    static func service(_ name: String = "web", port: Int, target: Int) -> JSON {
        [
            "apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(name)],
            "spec": ["ports": [["name": "http", "port": .int(Int64(port)), "targetPort": .int(Int64(target))]]],
        ]
    }

    static func secret(_ name: String, _ values: [String: String]) -> JSON {
        [
            "apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string(name)],
            "stringData": .object(values.mapValues(JSON.string)),
        ]
    }

    static func configMap(_ name: String, _ values: [String: String]) -> JSON {
        [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)],
            "data": .object(values.mapValues(JSON.string)),
        ]
    }

    static func bundle(
        _ environment: EnvironmentContext, workload: String = "web", revision: String = "r1", mark: String = "d1/web/deploy/1",
        timeout: Duration = .seconds(180), _ objects: JSON...
    ) -> WorkloadBundle {
        WorkloadBundle(
            key: WorkloadKey(environment: environment, workload: workload), revision: revision, mark: mark, objects: objects,
            timeout: timeout)
    }

    /// busybox's HTTP server on a port, with one page that says who it is.
    static func server(_ text: String, port: Int = 8080) -> [String] {
        ["/bin/sh", "-c", "echo \(text) > /tmp/index.html; exec httpd -f -p \(port) -h /tmp"]
    }
}
