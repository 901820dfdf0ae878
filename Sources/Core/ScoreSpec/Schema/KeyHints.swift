/// Keys that people bring along from elsewhere: what to write instead.
enum KeyHints {
    static let root = [
        "kind": "a Score file has no 'kind'; 'martlet score import' makes Score files of Kubernetes manifests",
        "spec": "a Score file has no 'spec': what stands under it belongs to the beginning of the line",
        "services": "this is a key of Compose files; 'martlet score import' makes Score files of them",
        "workloads": "a Score file describes one workload, named under 'metadata'; write a file for each",
        "ports": "ports stand under 'service', in 'ports'",
        "volumes": "a volume is mounted by a container: under its 'volumes', path in the container -> source",
        "route": route, "routes": route, "ingress": route,
        "extensions": "what Score cannot say stands in a file of its own, given by --extensions (humanitec.score.yaml)",
    ]

    private static let route = "a route is a resource: declare one of type 'route' under 'resources'"

    static let service = ["type": "Score does not say how a service is reached from outside: declare a resource of type 'route'"]

    static let port = ["containerPort": "the container's own port is 'targetPort'", "name": "the name of a port is its key"]

    static let container = [
        "env": variables, "environment": variables,
        "envFrom":
            "write each variable under 'variables'; what comes from elsewhere is a resource's output: ${resources.NAME.OUTPUT}",
        "ports": ports, "service": ports,
        "entrypoint": "the program is 'command', and its arguments are 'args'",
        "name": "the name of a container is its key under 'containers'",
        "volumeMounts": "mounts stand under 'volumes': path in the container -> source",
        "pullPolicy": elsewhere("imagePullPolicy"), "imagePullPolicy": elsewhere("imagePullPolicy"),
        "securityContext": elsewhere("securityContext"), "workingDir": elsewhere("workingDir"),
        "lifecycle": elsewhere("lifecycle"), "startupProbe": elsewhere("startup_probe"),
    ]

    private static let ports = "ports stand beside 'containers': under 'service', in 'ports'"

    private static let variables = "environment variables stand under 'variables': name -> text"

    private static func elsewhere(_ key: String) -> String {
        "Score cannot say this; an extensions file can, as spec.containers.NAME.\(key)"
    }

    static let probe: [String: String] = {
        var hints = [
            "tcpSocket": "Score knows probes by 'httpGet' and 'exec'", "grpc": "Score knows probes by 'httpGet' and 'exec'",
        ]
        for key in ["initialDelaySeconds", "periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold"] {
            hints[key] =
                "Score's probes have no timing; an extensions file gives it, as spec.containers.NAME.liveness_probe.\(key) or readiness_probe"
        }
        return hints
    }()

    private static let inputs = "what a resource is given stands under 'params'"

    static let resource = [
        "properties":
            "Score v1b1 has no 'properties': the outputs follow from the resource's type; remove it, and give inputs as 'params'",
        "parameters": inputs, "inputs": inputs, "values": inputs,
    ]
}
