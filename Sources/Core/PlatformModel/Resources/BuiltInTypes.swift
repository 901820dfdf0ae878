extension ResourceType {
    /// The types that every organisation has, with their inputs and outputs (humanitec.md 3.4; score.md section 3 for their names).
    /// More inputs and outputs than these are between a team and its definitions; a port that nobody gives is the usual one.
    package static let builtIn: [ResourceType] = [
        type("agent", "Agent", "infrastructure", ["url": text]),
        type(
            "amqp", "AMQP broker", "message-queue",
            ["host": text, "port": port, "vhost": text, "username": text, "password": text], required: ["host"]),
        type("aws-policy", "AWS policy", "security", ["arn": text], required: ["arn"]),
        type("aws-role", "AWS role", "security", ["arn": text], required: ["arn"]),
        type("azure-blob", "Azure blob storage", "storage", ["account": text, "container": text]),
        type("base-env", "Base environment", "infrastructure", use: "implicit", [:]),
        type("config", "Configuration", "config", [:]),
        type("dns", "DNS name", "dns", ["host": text], required: ["host"]),
        type(
            "endpoint", "Endpoint", "endpoint",
            [
                "scheme": text, "host": text, "port": port, "path": text, "query": text, "fragment": text, "username": text,
                "password": text, "url": text,
            ]),
        type("gcs", "Google Cloud storage bucket", "storage", ["name": text]),
        type("horizontal-pod-autoscaler", "Horizontal pod autoscaler", "scaling", [:]),
        type("ingress", "Ingress", "networking", [:]),
        type("k8s-cluster", "Kubernetes cluster", "infrastructure", use: "implicit", [:]),
        type(
            "k8s-namespace", "Kubernetes namespace", "infrastructure", use: "implicit", ["namespace": text],
            required: ["namespace"]),
        type("k8s-service-account", "Kubernetes service account", "security", ["name": text], required: ["name"]),
        type("logging", "Logging", "infrastructure", use: "implicit", [:]),
        type("mariadb", "MariaDB database", "database", database, required: databaseNames),
        type("mongodb", "MongoDB database", "database", database.merging(["connection": text]) { $1 }),
        type("mysql", "MySQL database", "database", database, required: databaseNames),
        type("mysql-instance", "MySQL instance", "database", use: "indirect", instance, required: instanceNames),
        type(
            "postgres", "PostgreSQL database", "database", database.merging(["database": text]) { $1 }, required: databaseNames),
        type("postgres-instance", "PostgreSQL instance", "database", use: "indirect", instance, required: instanceNames),
        type(
            "redis", "Redis", "database", ["host": text, "port": port, "username": text, "password": text],
            required: ["host"]),
        type(
            "route", "Route", "networking", inputs: ["host": text, "path": text, "port": port, "service": text],
            ["host": text, "path": text, "port": port, "service": text, "url": text]),
        type(
            "s3", "S3 bucket", "storage",
            ["bucket": text, "region": text, "aws_access_key_id": text, "aws_secret_access_key": text], required: ["bucket"]),
        type(
            "service-port", "Port of another workload's service", "networking", inputs: ["workload": text, "port": anything],
            ["hostname": text, "port": port]),
        type("sqs", "SQS queue", "message-queue", ["url": text, "region": text, "arn": text]),
        type("tls-cert", "TLS certificate", "security", ["tls_secret_name": text]),
        type("volume", "Volume", "storage", [:]),
        type("workload", "Workload", "workload", use: "implicit", ["update": anything]),
    ]

    /// The outputs that are secret, by built-in type.
    package static let builtInSecrets: [String: Set<String>] = builtIn.reduce(into: [:]) { table, type in
        let names = TypeSections(type.outputsSchema).secretNames
        if !names.isEmpty { table[type.type] = names }
    }

    private static let text: JSON = ["type": "string"]
    private static let anything: JSON = [:]
    /// A number, or its text: templates and placeholders make texts of numbers.
    private static let port: JSON = ["type": ["integer", "string"], "minimum": 0, "maximum": 65535, "pattern": "^[0-9]+$"]
    private static let instance: [String: JSON] = ["host": text, "port": port, "username": text, "password": text]
    private static let database = instance.merging(["name": text]) { $1 }
    private static let instanceNames = ["host", "password", "username"]
    private static let databaseNames = ["host", "name", "password", "username"]
    private static let secretNames: Set<String> = ["aws_secret_access_key", "connection", "password"]

    private static func type(
        _ type: String, _ name: String, _ category: String, use: String = "direct", inputs: [String: JSON] = [:],
        _ outputs: [String: JSON], required: [String] = []
    ) -> ResourceType {
        let plain = outputs.filter { !secretNames.contains($0.key) }, secret = outputs.filter { secretNames.contains($0.key) }
        return ResourceType(
            type: type, name: name, category: category, use: use,
            inputsSchema: inputs.isEmpty ? [:] : ["values": schema(inputs, [])],
            outputsSchema: outputs.isEmpty
                ? [:] : ["values": schema(plain, required), "secrets": schema(secret, required)])
    }

    private static func schema(_ properties: [String: JSON], _ required: [String]) -> JSON {
        let names = required.filter { properties[$0] != nil }.sorted()
        var schema: JSON = ["type": "object", "properties": .object(properties)]
        if !names.isEmpty { schema["required"] = .array(names.map(JSON.string)) }
        return schema
    }
}
