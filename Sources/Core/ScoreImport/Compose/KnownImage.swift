/// A server whose image everyone knows: it becomes a resource of its type, and the platform decides who runs it.
struct KnownImage: Sendable {
    /// The resource type.
    let type: String
    let names: Set<String>
    let port: Int
    /// Of addresses that lead to it, without `jdbc:` before and `+driver` after.
    let schemes: Set<String>
    /// Variables of the image that set the credentials, the likelier first.
    let users: [String]
    let passwords: [String]
    let databases: [String]
    let defaultUser: String?
    /// The output that the path of an address names: a database, a virtual host.
    let path: String?

    static let all: [KnownImage] = [
        KnownImage(
            type: "postgres", names: ["postgres", "postgresql", "postgis", "timescaledb", "timescaledb-ha", "pgvector"],
            port: 5432,
            schemes: ["postgres", "postgresql", "pgsql", "postgis"], users: ["POSTGRES_USER", "POSTGRESQL_USERNAME"],
            passwords: ["POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD"], databases: ["POSTGRES_DB", "POSTGRESQL_DATABASE"],
            defaultUser: "postgres", path: "name"),
        KnownImage(
            type: "mysql", names: ["mysql", "mysql-server", "percona"], port: 3306, schemes: ["mysql", "mysql2"],
            users: ["MYSQL_USER"], passwords: ["MYSQL_PASSWORD", "MYSQL_ROOT_PASSWORD"], databases: ["MYSQL_DATABASE"],
            defaultUser: "root", path: "name"),
        KnownImage(
            type: "mariadb", names: ["mariadb"], port: 3306, schemes: ["mysql", "mysql2", "mariadb"],
            users: ["MARIADB_USER", "MYSQL_USER"],
            passwords: ["MARIADB_PASSWORD", "MYSQL_PASSWORD", "MARIADB_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD"],
            databases: ["MARIADB_DATABASE", "MYSQL_DATABASE"], defaultUser: "root", path: "name"),
        KnownImage(
            type: "redis", names: ["redis", "redis-stack", "redis-stack-server", "valkey", "keydb"], port: 6379,
            schemes: ["redis", "rediss", "valkey"], users: [], passwords: ["REDIS_PASSWORD", "VALKEY_PASSWORD"], databases: [],
            defaultUser: nil, path: nil),
        KnownImage(
            type: "amqp", names: ["rabbitmq"], port: 5672, schemes: ["amqp", "amqps", "pyamqp"],
            users: ["RABBITMQ_DEFAULT_USER", "RABBITMQ_USERNAME"], passwords: ["RABBITMQ_DEFAULT_PASS", "RABBITMQ_PASSWORD"],
            databases: ["RABBITMQ_DEFAULT_VHOST"], defaultUser: "guest", path: "vhost"),
        KnownImage(
            type: "mongodb", names: ["mongo", "mongodb", "mongodb-community-server"], port: 27017,
            schemes: ["mongodb", "mongodb+srv"], users: ["MONGO_INITDB_ROOT_USERNAME", "MONGODB_USERNAME"],
            passwords: ["MONGO_INITDB_ROOT_PASSWORD", "MONGODB_PASSWORD"],
            databases: ["MONGO_INITDB_DATABASE", "MONGODB_DATABASE"],
            defaultUser: nil, path: "name"),
    ]

    /// The server that an image's name says: the last part of it, without tag and digest.
    static func of(image: String) -> KnownImage? {
        let name = image.prefix { $0 != "@" }.split(separator: "/").last?.prefix { $0 != ":" } ?? ""
        return all.first { $0.names.contains(String(name)) }
    }
}

/// A service of the Compose file that becomes a resource.
struct Backing {
    let service: String
    let image: KnownImage
    /// The names under which others reach it.
    let hosts: Set<String>
    /// As written, with marks for variables.
    let users: Set<String>
    let passwords: Set<String>
    let databases: Set<String>

    /// What identifies it among the things that workloads have in common.
    var sharingKey: String { "service/\(service)" }
}
