import PlatformModel
import ScoreImport
import Testing

@Suite struct ComposeImportTests {
    private func service(_ text: String, others: String = "", options: ScoreImporter.Options = .init()) throws -> ImportResult {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)\n" }.joined()
        return try imported("services:\n  web:\n    image: web:1\n\(lines)\(others)", options: options)
    }

    @Test(arguments: [
        ("\"80\"", "80"), ("80:8080", "80>8080"), ("\"127.0.0.1:80:8080\"", "80>8080"), ("\"[::1]:80:8080/udp\"", "80>8080/udp"),
        ("\"::1:80:8080\"", "80>8080"), ("3000-3002", "3000 3001 3002"), ("\"9000-9001:80-81/tcp\"", "9000>80 9001>81"),
        ("\"127.0.0.1::53/udp\"", "53/udp"), ("{target: 80, published: \"8080\", protocol: tcp, mode: host}", "8080>80"),
        ("{target: 443}", "443"), ("\"8000-8010:80\"", "8000>80"), ("\"${PORT:-90}:80\"", "90>80"),
        ("\"${PORT}:80\"", "80"), ("\"80:${PORT}\"", ""), ("99999", ""), ("\"80/sctp\"", ""), ("\"1-65535\"", ""), ("web", ""),
        ("\"80:\"", ""),
        ("{published: 80}", ""),
    ]) func ports(written: String, expected: String) throws {
        let result = try service("ports: [\(written)]")
        let ports = (result.score("web")["service"]?["ports"]?.object ?? [:]).values.map { port -> String in
            let target = port["targetPort"]?.int.map { ">\($0)" } ?? ""
            return "\(port["port"]?.int ?? 0)\(target)\(port["protocol"]?.string == "UDP" ? "/udp" : "")"
        }
        #expect(ports.sorted().joined(separator: " ") == expected)
        if expected.isEmpty { #expect(result.lines == ["4 IMPORT-102 services.web.ports.0"]) }
    }

    /// Both for the outside, as it was published, and for the others, which use the container's port.
    @Test func otherServicesReachTheContainersPort() throws {
        let result = try service("ports: ['8080:80']", others: "  other: {image: other}\n")
        #expect(
            result.score("web")["service"]?["ports"]
                == ["tcp-8080": ["port": 8080, "targetPort": 80], "tcp-80": ["port": 80]])
    }

    @Test(arguments: [
        ("plain", "plain"), ("true", "true"), ("0x10", "0x10"), ("1.50", "1.50"), ("\"${A:-x}\"", "x"), ("\"${A-}\"", ""),
        ("\"$A-b\"", "${resources.env.A}-b"), ("\"${A:?needed}\"", "${resources.env.A}"), ("\"${A:+x}\"", ""),
        ("\"${A:-${B:-c}d}\"", "cd"), ("\"${A:-${B}}\"", "${resources.env.B}"),
        ("\"$$A $${B} $$$${C} $$$\"", "$A $${B} $$$${C} $$$$"),
        ("\"${} ${1} $1 ${A\"", "$${} $${1} $1 $${A"), ("\"$$${A}\"", "$$${resources.env.A}"),
        ("\"a${A:-}b\"", "ab"), ("", "${resources.env.VARIABLE}"),
    ]) func values(written: String, expected: String) throws {
        let result = try service("environment:\n  VARIABLE: \(written)")
        #expect(result.container["variables"]?["VARIABLE"]?.string == expected)
    }

    /// What is no map of services, or has nothing to run, is told as what it is.
    @Test(arguments: [
        ("services: [{name: a, image: b}]\n", ["1 IMPORT-102 services"]),
        ("services: {web: }\n", ["1 IMPORT-102 services.web"]),
        ("services:\n  web: {command: a}\n", ["2 IMPORT-203 services.web"]),
        ("services:\n  web: {build: .}\n", ["2 IMPORT-203 services.web.build"]),
    ]) func servicesWithNothingToRun(text: String, expected: [String]) throws {
        #expect(try imported(text).lines == expected)
    }

    @Test func environmentFilesComeBeforeTheServicesOwn() throws {
        let file = """
            # a comment
            export A="one\\ttwo" # three
            B='$x ${y}'
            C=a#b # c
            D
            E=
            =f
            OWN=no
            F = spaced
            """
        let options = ScoreImporter.Options { path, source in
            #expect(source == "source.yaml")
            return path == "./a.env" ? Array(file.utf8) : nil
        }
        let result = try service(
            "environment: [OWN=yes]\nenv_file:\n  - ./a.env\n  - {path: b.env, required: false}\n  - c.env", options: options)
        #expect(
            result.container["variables"] == [
                "A": "one\ttwo", "B": "$x $${y}", "C": "a#b", "D": "${resources.env.D}", "E": "", "OWN": "yes", "F": "spaced",
            ])
        #expect(result.lines == ["6 IMPORT-203 services.web.env_file.0", "8 IMPORT-201 services.web.env_file.2"])
    }

    /// Found by fuzzing: not every name of a variable can be the key of a shared value.
    @Test func namesThatAreNoKeys() throws {
        let result = try service("environment: [b.c, 1d, '- e: f']")
        #expect(
            result.container["variables"] == [
                "b.c": "${resources.env.B_C}", "1d": "${resources.env._1D}", "- e: f": "${resources.env.__E__F}",
            ])
    }

    private static let postgres = """
          db:
            image: docker.io/library/postgres:16@sha256:0123
            container_name: shop-db
            environment: {POSTGRES_USER: shop, POSTGRES_PASSWORD: top, POSTGRES_DB: orders}

        """

    @Test(arguments: [
        ("URL", "postgresql://shop:top@db:5432/orders?a=b", "postgresql://U:P@H:O/N?a=b"),
        ("URL", "postgres://db/orders", "postgres://H:O/N"),
        ("URL", "postgresql+asyncpg://shop:top@shop-db/orders", "postgresql+asyncpg://U:P@H:O/N"),
        ("URL", "jdbc:postgresql://db:5432/orders?user=shop&password=top&x=1", "jdbc:postgresql://H:O/N?user=U&password=P&x=1"),
        ("URL", "postgres://db:5432", "postgres://H:O"),
        (
            "DSN", "host=db user=shop password=top dbname=orders sslmode=disable",
            "host=H user=U password=P dbname=N sslmode=disable"
        ),
        (
            "CS", "Server=db;Port=5432;Database=orders;User Id=shop;Password=top;",
            "Server=H;Port=O;Database=N;User Id=U;Password=P;"
        ),
        ("CS", "Server=tcp;Host=db,5432;Database=orders", "Server=tcp;Host=H,O;Database=N"),
        ("PGHOST", "db", "H"), ("ADDR", "db:5432", "H:O"), ("WAIT_FOR", "db:5432", "H:O"),
        ("SERVERS", "db:5432,shop-db:5432", "H:O"),
        ("DRIVER", "db", "db"), ("URL", "http://db:8080/", "http://db:8080/"), ("URL", "tcp://db:5432", "tcp://H:O"),
        ("URL", "postgres://shop@elsewhere/orders", "postgres://shop@elsewhere/orders"), ("TEXT", "mydb:5432", "mydb:5432"),
        ("URL", "postgres://shop:top@db.example.com/orders", "${resources.env.URL}"),
    ]) func connections(name: String, written: String, expected: String) throws {
        let result = try service("environment:\n  \(name): '\(written)'", others: Self.postgres)
        var shown = result.container["variables"]?[name]?.string ?? ""
        for (output, letter) in [("username", "U"), ("password", "P"), ("host", "H"), ("port", "O"), ("name", "N")] {
            shown = shown.replacing("${resources.db.\(output)}", with: letter)
        }
        #expect(shown == expected)
        #expect(result.workloads.map(\.name) == ["web"])
        // It is declared where something leads to it, and only there.
        #expect((result.score("web")["resources"]?["db"] != nil) == (shown != written && expected.first != "$"))
    }

    @Test(arguments: [
        (
            "mysql", "app:top@tcp(db:3306)/orders?parseTime=true",
            "${username}:${password}@tcp(${host}:${port})/${name}?parseTime=true"
        ),
        ("mariadb", "mysql://root:top@db/orders", "mysql://${username}:${password}@${host}:${port}/${name}"),
        ("rabbitmq", "amqp://guest:guest@db:5672/%2F", "amqp://${username}:${password}@${host}:${port}/${vhost}"),
        ("redis", "redis://:top@db:6379/2", "redis://:${password}@${host}:${port}/2"),
        (
            "mongo", "mongodb://u:p@db:27017,db:27017/orders?authSource=admin",
            "mongodb://${username}:${password}@${host}:${port}/${name}?authSource=admin"
        ),
    ]) func otherServers(image: String, written: String, expected: String) throws {
        let result = try service("environment: {ADDRESS: '\(written)'}", others: "  db: {image: '\(image):1'}\n")
        #expect(result.container["variables"]?["ADDRESS"]?.string?.replacing("resources.db.", with: "") == expected)
        let types = ["rabbitmq": "amqp", "mongo": "mongodb"]
        #expect(result.score("web")["resources"]?["db"]?["type"]?.string == types[image] ?? image)
    }

    @Test func variablesBesideAHostBelongToItsServer() throws {
        let result = try service(
            """
            environment:
              DB_HOST: db
              DB_PORT: 5432
              DB_USER: shop
              DB_PASS: top
              DB_NAME: orders
              MAIL_PASSWORD: other
              OTHER_PORT: 25
            """, others: Self.postgres)
        #expect(
            result.container["variables"] == [
                "DB_HOST": "${resources.db.host}", "DB_PORT": "${resources.db.port}", "DB_USER": "${resources.db.username}",
                "DB_PASS": "${resources.db.password}", "DB_NAME": "${resources.db.name}",
                "MAIL_PASSWORD": "${resources.env.MAIL_PASSWORD}", "OTHER_PORT": "25",
            ])
        #expect(!result.messages.contains("top") && !result.messages.contains("'other'"))
    }

    /// The same name with two values is two secrets.
    @Test func secretsOfTwoServices() throws {
        let result = try service("environment: {TOKEN: aaa}", others: "  two: {image: x, environment: {TOKEN: bbb}}\n")
        #expect(result.score("web")["containers"]?["web"]?["variables"]?["TOKEN"] == "${resources.env.TOKEN}")
        #expect(result.score("two")["containers"]?["two"]?["variables"]?["TOKEN"] == "${resources.env.TWO_TOKEN}")
    }

    @Test func aServerCanStayAWorkload() throws {
        let result = try service("environment: {PGHOST: db}", others: Self.postgres, options: .init(workloads: ["db"]))
        #expect(result.workloads.map(\.name) == ["web", "db"])
        #expect(result.container["variables"]?["PGHOST"] == "db")
    }

    @Test(arguments: [
        ("[CMD, pg_isready, -U, x]", ["pg_isready", "-U", "x"]), ("[CMD-SHELL, 'a || b']", ["/bin/sh", "-c", "a || b"]),
        ("curl localhost", ["/bin/sh", "-c", "curl localhost"]), ("[NONE]", []), ("[curl]", []),
    ]) func healthchecks(test: String, command: [String]) throws {
        let probe = try service("healthcheck: {test: \(test)}").container["readinessProbe"]
        #expect(probe?["exec"]?["command"]?.array?.compactMap(\.string) ?? [] == command)
    }

    @Test func extendsMergesAsComposeDoes() throws {
        let result = try imported(
            """
            services:
              base:
                image: base:1
                command: [a, b]
                environment: [A=1, B=2]
                ports: ["80:80"]
                depends_on: [other]
              web:
                extends: base
                command: [c]
                environment: {B: 3, C: 4}
                ports: ["81:81"]
              round: {extends: {service: round}, image: x}
              lost: {extends: {service: bas}, image: x}
              far: {extends: {service: a, file: other.yaml}, image: x}
            """)
        let web = result.score("web")["containers"]?["web"]
        #expect(web?["args"] == ["c"])
        #expect(web?["variables"] == ["A": "1", "B": "3", "C": "4"])
        #expect((result.score("web")["service"]?["ports"]?.object ?? [:]).keys.sorted() == ["tcp-80", "tcp-81"])
        #expect(
            result.lines.filter { $0.contains("extends") }.map { $0.prefix(13) } == [
                "13 IMPORT-102", "14 IMPORT-102", "15 IMPORT-201",
            ])
    }

    @Test func unknownKeysAreToldWithTheNearestOne() throws {
        let result = try service("enviroment: {A: b}\nx-note: mine\ncontainer_name: web")
        #expect(result.notes.map(\.suggestion) == ["environment", nil])
        #expect(result.lines == ["4 IMPORT-201 services.web.enviroment", "6 IMPORT-201 services.web.container_name"])
    }

    @Test func theFirstFormOfCompose() throws {
        let result = try imported("web:\n  image: web:1\n  links: ['db:postgres']\ndb:\n  image: postgres\n")
        #expect(result.score("web")["resources"]?["db"]?["type"] == "postgres")
    }

    @Test func mountsOfEveryKind() throws {
        let options = ScoreImporter.Options { path, _ in path.hasSuffix(".conf") ? Array("x".utf8) : nil }
        let result = try service(
            """
            volumes:
              - /anonymous
              - named:/named:ro
              - ./a.conf:/etc/a.conf
              - ~/folder:/folder
              - C:\\data:/windows
              - {type: volume, source: named, target: /sub, volume: {subpath: inner}}
              - {type: bind, source: ./b.conf, target: /etc/b.conf, read_only: true}
              - {type: npipe, source: x, target: /pipe}
              - relative
              - a:b:c:d
            """, options: options)
        #expect(
            result.container["volumes"] == [
                "/anonymous": ["source": "${resources.data}"], "/named": ["source": "${resources.named}", "readOnly": true],
                "/sub": ["source": "${resources.named}", "path": "inner"],
            ])
        #expect((result.container["files"]?.object ?? [:]).keys.sorted() == ["/etc/a.conf", "/etc/b.conf"])
        #expect(
            result.lines.map { String($0.prefix(13)) } == [
                "8 IMPORT-201 ", "9 IMPORT-201 ", "12 IMPORT-201", "13 IMPORT-102", "14 IMPORT-102",
            ])
    }

    @Test func amounts() throws {
        let container = try service(
            "mem_limit: 1g\ncpus: 1.50\nmem_reservation: 100kb\ndeploy: {resources: {limits: {memory: 64 MiB, pids: 5}, reservations: {cpus: '.25'}}}"
        ).container
        #expect(
            container["resources"] == [
                "limits": ["memory": "64Mi", "cpu": "1.5"], "requests": ["memory": "100Ki", "cpu": "0.25"],
            ])
    }
}
