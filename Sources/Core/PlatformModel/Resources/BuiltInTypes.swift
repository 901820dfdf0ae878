extension ResourceType {
    /// The types that every organisation has, with their outputs (humanitec.md 3.4; score.md section 3 for their names).
    package static let builtIn: [ResourceType] = [
        type("agent", "Agent", "infrastructure", ["url"]),
        type("amqp", "AMQP broker", "message-queue", ["host", "port", "vhost", "username", "password"]),
        type("aws-policy", "AWS policy", "security", ["arn"]),
        type("aws-role", "AWS role", "security", ["arn"]),
        type("azure-blob", "Azure blob storage", "storage", ["account", "container"]),
        type("base-env", "Base environment", "infrastructure", use: "implicit", []),
        type("config", "Configuration", "config", []),
        type("dns", "DNS name", "dns", ["host"]),
        type(
            "endpoint", "Endpoint", "endpoint",
            ["scheme", "host", "port", "path", "query", "fragment", "username", "password", "url"]),
        type("gcs", "Google Cloud storage bucket", "storage", ["name"]),
        type("horizontal-pod-autoscaler", "Horizontal pod autoscaler", "scaling", []),
        type("ingress", "Ingress", "networking", []),
        type("k8s-cluster", "Kubernetes cluster", "infrastructure", use: "implicit", []),
        type("k8s-namespace", "Kubernetes namespace", "infrastructure", use: "implicit", ["namespace"]),
        type("k8s-service-account", "Kubernetes service account", "security", ["name"]),
        type("logging", "Logging", "infrastructure", use: "implicit", []),
        type("mariadb", "MariaDB database", "database", ["host", "port", "name", "username", "password"]),
        type("mongodb", "MongoDB database", "database", ["host", "port", "name", "username", "password", "connection"]),
        type("mysql", "MySQL database", "database", ["host", "port", "name", "username", "password"]),
        type("mysql-instance", "MySQL instance", "database", use: "indirect", ["host", "port", "username", "password"]),
        type("postgres", "PostgreSQL database", "database", ["host", "port", "name", "database", "username", "password"]),
        type("postgres-instance", "PostgreSQL instance", "database", use: "indirect", ["host", "port", "username", "password"]),
        type("redis", "Redis", "database", ["host", "port", "username", "password"]),
        type(
            "route", "Route", "networking", inputs: ["host", "path", "port", "service"],
            ["host", "path", "port", "service", "url"]),
        type("s3", "S3 bucket", "storage", ["bucket", "region", "aws_access_key_id", "aws_secret_access_key"]),
        type(
            "service-port", "Port of another workload's service", "networking", inputs: ["workload", "port"],
            ["hostname", "port"]),
        type("sqs", "SQS queue", "message-queue", ["url", "region", "arn"]),
        type("tls-cert", "TLS certificate", "security", ["tls_secret_name"]),
        type("volume", "Volume", "storage", []),
        type("workload", "Workload", "workload", use: "implicit", ["update"]),
    ]

    private static func type(
        _ type: String, _ name: String, _ category: String, use: String = "direct", inputs: [String] = [],
        _ outputs: [String]
    ) -> ResourceType {
        let secrets: Set<String> = ["password", "aws_secret_access_key", "connection"]
        let properties = outputs.map { name -> (String, JSON) in
            (name, secrets.contains(name) ? ["type": "string", "secret": true] : [:])
        }
        return ResourceType(
            type: type, name: name, category: category, use: use,
            inputsSchema: ["type": "object", "properties": .object(Dictionary(uniqueKeysWithValues: inputs.map { ($0, [:]) }))],
            outputsSchema: [
                "type": "object", "properties": .object(Dictionary(properties, uniquingKeysWith: { first, _ in first })),
            ])
    }
}
