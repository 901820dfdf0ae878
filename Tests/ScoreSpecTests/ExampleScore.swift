import PlatformModel
import ScoreSpec
import Testing

/// A Score file with every key that the schema has.
let everything = """
    apiVersion: score.dev/v1b1
    metadata:
      name: shop-web
      team: {owner: ann}
      annotations:
        example.com/Owner: ann
    service:
      ports:
        http:
          port: 80
          targetPort: 8080
          protocol: TCP
    containers:
      web:
        image: registry.example/shop:1
        command: [/bin/sh, -c]
        args: ["echo ${HOME}"]
        variables:
          DB_HOST: ${resources.db.host}
          DB_URL: postgres://${resources.db.username}:${resources.db.password}@${resources.db.host}/$${x}$$
          NAME: ${metadata.name} of ${metadata.team}
          MODE: ${resources.env.MODE}
          API: http://${resources.shop-api.name}:8080
          CACHE: ${resources.cache.host}
          BUCKET: ${resources.assets.bucket}
        files:
          /etc/shop/shop.conf:
            mode: "0640"
            content: |
              host = ${resources.db.host}
            noExpand: false
          /etc/shop/raw.conf:
            content: "${untouched}"
            noExpand: true
          /etc/shop/icon.png:
            binaryContent: iVBORw0KGgo=
          /etc/shop/read.conf:
            source: ./read.conf
        volumes:
          /var/lib/shop:
            source: ${resources.disk}
            path: data
            readOnly: true
        resources:
          limits: {memory: 1.5Gi, cpu: 250m}
          requests: {memory: 64M, cpu: "0.1"}
        livenessProbe:
          httpGet:
            path: /alive
            port: 8080
            host: localhost
            scheme: HTTP
            httpHeaders:
              - name: X-Probe
                value: "1"
        readinessProbe:
          exec:
            command: [/bin/ready]
          httpGet:
            path: /ready
            port: 8080
      setup:
        image: .
        before:
          web:
            ready: complete
    resources:
      db:
        type: postgres
        metadata:
          annotations:
            example.com/Use: orders
        params:
          extensions: {uuid-ossp: {}}
      env:
        type: environment
      shop-api:
        type: service
      disk:
        type: volume
        class: ephemeral
      dns:
        type: dns
        id: shop-dns
      cache:
        type: redis
        id: shop-cache
        params:
          near: ${resources.db.host}
      assets:
        type: s3
        class: read-only
        id: shop-assets
      route:
        type: route
        params:
          host: ${resources.dns.host}
          path: /
          port: 80
    """

func read(_ text: String, _ options: ScoreOptions = ScoreOptions()) throws(ScoreProblems) -> ScoreFile {
    try ScoreReader.read(Array(text.utf8), file: "score.yaml", options: options)
}

/// The problems of a text, as people see them.
func problems(_ text: String, _ options: ScoreOptions = ScoreOptions()) -> [Problem] {
    do throws(ScoreProblems) {
        _ = try read(text, options)
        return []
    } catch {
        return error.problems
    }
}

/// What a deployment needs for `everything`.
let complete = ScoreOptions(
    image: "setup:1", source: { $0 == "./read.conf" ? Array("user = ${metadata.name}\n".utf8) : nil }, isComplete: true)

/// A small valid file with one part replaced.
func small(container: String = "image: a", more: String = "") -> String {
    "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers:\n  main:\n    \(container)\n\(more)"
}
