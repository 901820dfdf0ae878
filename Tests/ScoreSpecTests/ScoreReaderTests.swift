import PlatformModel
import ScoreSpec
import Testing

@Suite struct ScoreReaderTests {
    @Test func readsEverything() throws {
        let file = try read(everything, complete)
        #expect(file.name == "shop-web")
        #expect(file.warnings.isEmpty)
        #expect(file.document.containers["setup"]?.image == "setup:1")
        #expect(file.document.containers["web"]?.files?["/etc/shop/read.conf"]?.content == "user = ${metadata.name}\n")
        #expect(file.document.service?.ports?["http"]?.targetPort == 8080)
        #expect(file.document.resources?["disk"]?.class == "ephemeral")
    }

    /// Text -> code and path of the only problem; nothing for what is valid.
    static let verdicts: [(String, String)] = [
        (small(), ""),
        (small(container: "image: ."), ""),
        (small(container: "image: ''"), "SCORE-105 containers.main.image"),
        (small(container: "image: 3"), "SCORE-104 containers.main.image"),
        (small(container: "{}"), "SCORE-103 containers.main"),
        (small(container: "{image: a, variables: {A: 1}}"), "SCORE-104 containers.main.variables.A"),
        (small(container: "{image: a, variables: {A: yes, 'B C': '1'}}"), ""),
        (small(container: "{image: a, variables: {'A=B': '1'}}"), "SCORE-106 containers.main.variables.A=B"),
        (small(container: "{image: a, command: [], args: [a, '1']}"), ""),
        (small(container: "{image: a, args: [1]}"), "SCORE-104 containers.main.args.0"),
        (small(container: "{image: a, files: {/a: {content: ''}}}"), ""),
        (small(container: "{image: a, files: {/a: {content: '', source: b}}}"), "SCORE-107 containers.main.files./a"),
        (small(container: "{image: a, files: {/a: {mode: '644'}}}"), "SCORE-107 containers.main.files./a"),
        (small(container: "{image: a, files: {/a: {content: b, mode: '0844'}}}"), "SCORE-105 containers.main.files./a.mode"),
        (small(container: "{image: a, files: {/a: {content: b, mode: 0644}}}"), "SCORE-104 containers.main.files./a.mode"),
        (small(container: "{image: a, files: {/a: {content: b, target: /a}}}"), "SCORE-109 containers.main.files./a.target"),
        (small(container: "{image: a, files: {/a: {content: [b, c]}}}"), "SCORE-104 containers.main.files./a.content"),
        (small(container: "{image: a, files: [{target: /a, content: [b, c]}]}"), ""),
        (small(container: "{image: a, files: [{content: b}]}"), "SCORE-103 containers.main.files.0"),
        (small(container: "{image: a, volumes: [{target: /a, source: b, read_only: true}]}"), ""),
        (
            small(container: "{image: a, volumes: {/a: {source: b, read_only: true}}}"),
            "SCORE-102 containers.main.volumes./a.read_only"
        ),
        (small(container: "{image: a, volumes: {/a: {}}}"), "SCORE-103 containers.main.volumes./a"),
        (small(container: "{image: a, livenessProbe: {}}"), "SCORE-107 containers.main.livenessProbe"),
        (small(container: "{image: a, livenessProbe: {exec: {command: [a]}, httpGet: {port: 1, path: /}}}"), ""),
        (
            small(container: "{image: a, livenessProbe: {httpGet: {port: 70000, path: /}}}"),
            "SCORE-105 containers.main.livenessProbe.httpGet.port"
        ),
        (
            small(container: "{image: a, livenessProbe: {httpGet: {port: 1, path: /, scheme: http}}}"),
            "SCORE-105 containers.main.livenessProbe.httpGet.scheme"
        ),
        (
            small(container: "{image: a, livenessProbe: {httpGet: {port: 1, path: /, httpHeaders: {a: b}}}}"),
            "SCORE-104 containers.main.livenessProbe.httpGet.httpHeaders"
        ),
        (small(container: "{image: a, resources: {limits: {memory: 1.5Gi, cpu: '0.24'}}}"), ""),
        (
            small(container: "{image: a, resources: {limits: {memory: 128k}}}"),
            "SCORE-105 containers.main.resources.limits.memory"
        ),
        (small(container: "{image: a, resources: {limits: {memory: '0'}}}"), "SCORE-105 containers.main.resources.limits.memory"),
        (small(container: "{image: a, resources: {limits: {cpu: '.5'}}}"), "SCORE-105 containers.main.resources.limits.cpu"),
        (small(container: "{image: a, resources: {limits: {cpu: 1.5m}}}"), "SCORE-105 containers.main.resources.limits.cpu"),
        (small(container: "{image: a, resources: {limits: {cpu: 2}}}"), "SCORE-104 containers.main.resources.limits.cpu"),
        (small(container: "{image: a, before: {main: {ready: started}}}"), "SCORE-205 containers.main.before.main"),
        (small(container: "{image: a, before: {nope: {ready: started}}}"), "SCORE-205 containers.main.before.nope"),
        (small(more: "  b:\n    image: a\n"), "SCORE-106 containers.b"),
        (small(more: "service: {}\n"), ""),
        (small(more: "service: {ports: {}}\n"), ""),
        (small(more: "service: {ports: {http: {port: 80.0}}}\n"), ""),
        (small(more: "service: {ports: {http: {port: '80'}}}\n"), "SCORE-104 service.ports.http.port"),
        (small(more: "service: {ports: {http: {port: 80, protocol: tcp}}}\n"), "SCORE-105 service.ports.http.protocol"),
        (small(more: "resources:\n"), "SCORE-104 resources"),
        (small(more: "resources: {db: {type: Postgres-9, class: Big, id: a.b-c, params: {any: [1]}}}\n"), ""),
        (small(more: "resources: {db: {type: p}}\n"), "SCORE-105 resources.db.type"),
        (small(more: "resources: {db: {type: pg, id: a..b}}\n"), "SCORE-105 resources.db.id"),
        (small(more: "resources: {db: {type: pg, id: a-.b}}\n"), "SCORE-105 resources.db.id"),
        (small(more: "resources: {db: {type: pg, properties: {host: ~}}}\n"), "SCORE-109 resources.db.properties"),
        (
            small(more: "resources: {db: {type: pg, metadata: {annotations: {a.b/cc: x}}}}\n"),
            "SCORE-106 resources.db.metadata.annotations.a.b/cc"
        ),
        (small(more: "resources: {db: {type: pg, params: {a: '${resources.dc.host}'}}}\n"), "SCORE-203 resources.db.params.a"),
        (small(container: "{image: a, variables: {A: '${metadata.nme}'}}"), "SCORE-204 containers.main.variables.A"),
        (small(container: "{image: a, variables: {A: '${metadata}'}}"), "SCORE-201 containers.main.variables.A"),
        (small(container: "{image: a, variables: {A: '${ metadata.name }'}}"), "SCORE-201 containers.main.variables.A"),
        (small(container: "{image: a, variables: {A: '${env.HOME}'}}"), "SCORE-202 containers.main.variables.A"),
        (small(container: "{image: a, variables: {A: '$${env.HOME} $HOME ${open'}}"), ""),
        (small(container: "{image: a, args: ['${env.HOME}']}"), ""),
        (small(container: "{image: a, files: {/a: {content: '${x}', noExpand: true}}}"), ""),
        ("", "SCORE-101 "),
        ("- a", "SCORE-101 "),
        ("a: [", "YAML-101 "),
        ("apiVersion: score.sh/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: a}}", "SCORE-109 apiVersion"),
        ("apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {}", "SCORE-108 containers"),
        ("apiVersion: score.dev/v1b1\nmetadata: {name: Web}\ncontainers: {main: {image: a}}", "SCORE-105 metadata.name"),
        ("apiVersion: score.dev/v1b1\nmetadata: {}\ncontainers: {main: {image: a}}", "SCORE-103 metadata"),
    ]

    @Test(arguments: verdicts) func judgesAsTheSchema(text: String, expected: String) {
        let found = problems(text)
        if expected.isEmpty {
            #expect(found.isEmpty, "\(found)")
        } else {
            #expect(found.map { "\($0.code) \($0.path)" } == [expected], "\(found)")
            #expect(found.allSatisfy { $0.line != nil && $0.column != nil && $0.file == "score.yaml" })
        }
    }

    @Test func tellsAllProblemsAtOnceInTheOrderOfTheText() {
        let found = problems(
            """
            apiVersion: score.dev/v1
            metadata:
              nmae: web
            containers:
              main:
                imagee: a
                variables:
                  PORT: 8080
                  HOST: ${resources.bd.host}
                livenessProbe:
                  htpGet: {path: /}
            resources:
              db: {typ: postgres}
            """)
        #expect(
            found.map(\.description) == [
                "score.yaml:1:13: SCORE-105 apiVersion: 'score.dev/v1' is not one of score.dev/v1b1; did you mean 'score.dev/v1b1'?",
                "score.yaml:3:3: SCORE-103 metadata.nmae: the key 'name' is missing, and this one is near it; did you mean 'name'?",
                "score.yaml:6:5: SCORE-102 containers.main.imagee: unknown key 'imagee'; the keys here are image, command, args, variables, "
                    + "files, volumes, resources, livenessProbe, readinessProbe, before; did you mean 'image'?",
                "score.yaml:8:13: SCORE-104 containers.main.variables.PORT: a string is needed, and this is a number; put it in quotes",
                "score.yaml:9:13: SCORE-203 containers.main.variables.HOST: '${resources.bd.host}' names a resource 'bd' that is not declared "
                    + "under 'resources'; did you mean 'db'?",
                "score.yaml:11:7: SCORE-102 containers.main.livenessProbe.htpGet: unknown key 'htpGet'; the keys here are httpGet, exec; "
                    + "did you mean 'httpGet'?",
                "score.yaml:13:8: SCORE-102 resources.db.typ: unknown key 'typ'; the keys here are type, class, id, metadata, params; "
                    + "did you mean 'type'?",
            ])
    }

    /// What is wrong with the text, and hides nothing of it, is told beside what is wrong with the document.
    @Test func problemsOfTheTextAndOfTheDocumentAreToldTogether() {
        let found = problems(
            "apiVersion: score.dev/v1b1\nmetadata: {name: web, name: api}\ncontainers: {main: {imagee: !x a}}\n---\na: b\n")
        #expect(found.map(\.code) == ["YAML-106", "SCORE-102", "YAML-107", "YAML-109"], "\(found)")
        #expect(found.map(\.line) == [2, 3, 3, 5])
        #expect(problems(small() + "---\n...\n---\n").isEmpty)
    }

    @Test func aDotIsNoImageToDeploy() {
        #expect(problems(small(container: "image: ."), ScoreOptions(image: ".", isComplete: true)).map(\.code) == ["SCORE-206"])
    }

    @Test func neverShowsTheValueOfAVariable() {
        let found = problems(small(container: "{image: a, variables: {PIN: 734621}}"))
        #expect(found.count == 1)
        #expect(!found.description.contains("734621"))
    }

    @Test func namesTheMembersOfACycle() {
        let found = problems(
            """
            apiVersion: score.dev/v1b1
            metadata: {name: web}
            containers:
              cc: {image: a, before: {aa: {ready: started}}}
              aa: {image: a, before: {bb: {ready: started}}}
              bb: {image: a, before: {cc: {ready: healthy}}}
            """)
        #expect(found.map(\.message) == ["the containers wait for each other: aa after cc after bb after aa"])
    }

    @Test func aDeploymentNeedsImagesAndFiles() throws {
        let text = small(container: "{image: ., files: {/a: {source: a.txt}}}")
        #expect(problems(text).isEmpty)
        #expect(try read(text, ScoreOptions(source: { _ in nil })).warnings.map(\.code) == ["SCORE-207"])
        let found = problems(text, ScoreOptions(source: { _ in nil }, isComplete: true))
        #expect(found.map(\.code) == ["SCORE-206", "SCORE-207"])
        #expect(found.map(\.path).last == "containers.main.files./a.source")
        #expect(problems(text, ScoreOptions(image: "a", source: { _ in [] }, isComplete: true)).isEmpty)
    }

    /// What fails later is told early, and by a deployment it is refused; the schema's verdict stays what it is.
    @Test(arguments: [
        ("{image: 'a:${TAG}'}", "", "SCORE-201 containers.main.image"),
        ("{image: a, files: {/a: {binaryContent: 'a?=='}}}", "", "SCORE-208 containers.main.files./a.binaryContent"),
        ("image: a", "resources: {rr: {type: route, params: {hots: a}}}", "SCORE-212 resources.rr.params.hots"),
    ])
    func aDoubtIsAWarningUntilItIsDeployed(container: String, more: String, expected: String) throws {
        let text = small(container: container, more: more)
        #expect(try read(text).warnings.map { "\($0.code) \($0.path)" } == [expected])
        #expect(problems(text, ScoreOptions(isComplete: true)).map { "\($0.code) \($0.path)" } == [expected])
    }

    /// What is stored as text cannot hold a NUL, although UTF-8 can.
    @Test(arguments: [([0x61, 0, 0x62], "YQBi"), ([0xFF], "/w=="), ([], nil), ([0xC3, 0xA4], nil)] as [([UInt8], String?)])
    func aFileThatIsNoTextIsBinary(bytes: [UInt8], base64: String?) throws {
        for expands in ["", ", noExpand: true"] {
            let text = small(container: "{image: a, files: {/a: {source: a.bin\(expands)}}}")
            let score = try read(text, ScoreOptions(source: { _ in bytes }, isComplete: true))
            let file = score.document.containers["main"]?.files?["/a"]
            #expect(file?.source == nil && file?.binaryContent == base64)
            #expect(file?.content == (base64 == nil ? String(decoding: bytes, as: UTF8.self) : nil))
            #expect(score.warnings.map(\.code) == (base64 != nil && expands.isEmpty ? ["SCORE-207"] : []))
        }
        #expect(problems(small(container: #"{image: a, variables: {A: "a\0b"}}"#)).map(\.code) == ["YAML-102"])
    }

    @Test(arguments: ["/etc/passwd", "../a", "a/../../b", "./../x", "..", "a/b/../../../c"])
    func aSourceStaysInTheFolderOfItsFile(path: String) {
        let text = small(container: "{image: a, files: {/a: {source: '\(path)'}}}")
        let found = problems(text, ScoreOptions(source: { _ in Array("secret".utf8) }, isComplete: true))
        #expect(found.map(\.code) == ["SCORE-207"] && found.first?.message.contains("outside") == true, "\(found)")
    }

    @Test(arguments: ["a", "./a", "a/../b", "a/b/../../c", "..a/b", "a//b", "a/./b"])
    func aSourceWithinTheFolderIsRead(path: String) {
        let text = small(container: "{image: a, files: {/a: {source: '\(path)'}}}")
        #expect(problems(text, ScoreOptions(source: { $0 == path ? [0x61] : nil }, isComplete: true)).isEmpty)
    }

    /// The value that was found, and the nearest valid one.
    @Test(arguments: [
        (
            small(container: "image: 3"),
            "a string is needed (at least one character), and this is the number 3; put it in quotes", nil
        ),
        (small(container: "{image: a, resources: {limits: {memory: 128mb}}}"), "'128mb' is not valid", "128M"),
        (small(container: "{image: a, resources: {limits: {memory: 1.5gib}}}"), "'1.5gib' is not valid", "1.5Gi"),
        (small(container: "{image: a, resources: {limits: {cpu: .5m}}}"), "'.5m' is not valid", nil),
        (small(container: "{image: a, resources: {limits: {cpu: '.5'}}}"), "'.5' is not valid", "0.5"),
        (small(container: "{image: a, files: {/a: {content: '', mode: 0o644}}}"), "and this is a number; put it in quotes", nil),
        (small(container: "{image: a, files: {/a: {content: '', mode: '0o644'}}}"), "'0o644' is not valid", "0644"),
        (small(container: "{image: a, files: {/a: {content: '', noExpand: 'yes'}}}"), "and this is the string 'yes'", "true"),
        (
            small(container: "{image: a, livenessProbe: {httpGet: {port: 1, path: /, scheme: https}}}"), "'https' is not one of",
            "HTTPS"
        ),
        (small(more: "service: {ports: {http: {port: 70000}}}"), "70000 is not from 1 to 65535", "65535"),
        (small(more: "service: {ports: {http: {port: -1}}}"), "-1 is not from", "1"),
        (small(more: "service: {ports: {http: {port: 99999999999999999999}}}"), "is not from 1", "65535"),
        (small(more: "service: {ports: {http: {port: '80'}}}"), "and this is the string '80'; write 80", nil),
        (small(more: "service: {ports: {http: {port: .inf}}}"), "and this is no finite number", nil),
        (small(more: "service: {ports: {http: {port: 80.5}}}"), "and this is the number 80.5", nil),
        (small(more: "service: {ports: {HTTP_in: {port: 80}}}"), "'HTTP_in' is not a valid name", "http-in"),
        (small(more: "resources: {db: {type: pg, id: Main..DB}}"), "'Main..DB' is not valid", "main.db"),
        (
            small(more: "resources: {db: {type: pg, metadata: {annotations: {'Example.com/a b': x}}}}"),
            "is not a valid name", "example.com/a-b"
        ),
        (
            small(more: "resources: {db: {type: pg, metadata: {annotations: {'Example.com/aa bb': x}}}}"),
            "is not a valid name", "example.com/aa-bb"
        ),
    ])
    func showsTheValueAndTheNearestValidOne(text: String, words: String, nearest: String?) {
        let found = problems(text)
        #expect(found.count == 1 && found.first?.message.contains(words) == true, "\(found)")
        #expect(found.first?.suggestion == nearest, "\(found)")
    }

    /// A file as they were written for the first tools.
    @Test func anOlderDialectIsToldHowToMove() {
        let found = problems(
            """
            apiVersion: score.sh/v1b1
            metadata: {name: web}
            containers:
              web:
                image: nginx
                files: [{target: /a, mode: "644", content: ["${resources.env.MESSAGE}"]}]
                volumes: [{source: "${resources.data}", target: /d, read_only: true}]
            resources:
              env: {type: environment, properties: {MESSAGE: {type: string}}}
              data: {type: volume}
            """)
        #expect(
            found.map { "\($0.code) \($0.path) \($0.line ?? 0)" } == [
                "SCORE-109 apiVersion 1", "SCORE-109 resources.env.properties 9",
            ])
        #expect(found.first?.suggestion == "score.dev/v1b1" && found.last?.message.contains("remove it") == true)
    }

    @Test func ofTwoEntriesForOneTargetTheLastCounts() throws {
        let text = small(container: "{image: a, files: [{target: /a, content: x}, {target: /a, content: [y, 2, true]}]}")
        let score = try read(text)
        #expect(score.document.containers["main"]?.files?["/a"]?.content == "y\n2\ntrue")
        #expect(score.warnings.map(\.path) == ["containers.main.files.1.target"])
    }

    /// Many containers in one long line, and in one long circle, in linear time.
    @Test func aLongOrderEnds() {
        func text(closing: Bool) -> String {
            let count = 2000
            return "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers:\n"
                + (0..<count).map { index in
                    let next = index + 1 < count ? "c\(index + 1)" : closing ? "c00" : ""
                    return
                        "  c\(index == 0 ? "00" : "\(index)"): {image: a\(next.isEmpty ? "" : ", before: {\(next): {ready: started}}")}\n"
                }.joined()
        }
        #expect(problems(text(closing: false)).isEmpty)
        #expect(problems(text(closing: true)).map(\.code) == ["SCORE-205"])
    }

    @Test func readFilesAreCheckedForPlaceholders() {
        let text = small(container: "{image: a, files: {/a: {source: a.txt}}}")
        let found = problems(text, ScoreOptions(source: { _ in Array("x\n${resources.db.host}".utf8) }))
        #expect(found.map(\.code) == ["SCORE-203"])
    }
}
