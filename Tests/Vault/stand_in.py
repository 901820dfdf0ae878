#!/usr/bin/env python3
"""A stand-in for Vault 1.19 on loopback, over TLS: what its clients rely on, and what goes wrong with it.

    stand_in.py CERTIFICATE KEY

prints its address, then answers until it is killed. Key-value engines: `secret/` (version 2) and `kv/` (version 1). The root token is
`hvs.root`; AppRole (`auth/approle`) knows the role `role-1` with the secret id `secret-1`, whose tokens live for `token_ttl` seconds.
`POST /control` with a JSON object changes what it does (see CONTROL); `GET /control` gives that, and the requests that came.
"""
import http.server
import json
import ssl
import sys
import threading
import time
import uuid

CONTROL = {
    "sealed": False,       # 503 for all but sys/health and sys/seal-status
    "standby": 0,          # this status (429, 472, 473) for this many requests: "times"
    "status": 0,           # this status instead of an answer, for "times" requests
    "times": 0,
    "retry_after": None,   # the header with it
    "hang": False,         # takes requests and never answers
    "slow": 0.0,           # seconds before each answer
    "redirect": None,      # Location of a 307
    "token_ttl": 3600,
    "secret_id_uses": 0,   # 0: any number
    "garbage": None,       # this text instead of JSON
    "echo": False,         # errors repeat the token
}


class Vault:
    def __init__(self):
        self.lock = threading.Lock()
        self.control = dict(CONTROL)
        self.requests = []
        self.v1 = {}
        self.v2 = {}
        self.config = {"max_versions": 0, "cas_required": False, "delete_version_after": "0s"}
        self.wrapped = {}
        self.uses = 0
        self.tokens = {"hvs.root": self.new_token(["root"], 0)}

    def new_token(self, policies, ttl, renewable=True, prefix=""):
        now = time.time()
        return {
            "accessor": uuid.uuid4().hex, "policies": policies, "ttl": ttl, "end": now + ttl if ttl else None,
            "renewable": bool(ttl) and renewable, "created": now, "prefix": prefix, "orphan": True,
        }

    def token(self, text):
        token = self.tokens.get(text or "")
        if token is None or (token["end"] is not None and token["end"] <= time.time()):
            return None
        return token


VAULT = Vault()


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + ".000000000Z"


class Refusal(Exception):
    def __init__(self, status, *errors, body=None):
        self.status, self.errors, self.body = status, list(errors), body


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "vault"

    def log_message(self, *_):
        pass

    # Every verb: PUT is POST, GET with list=true is LIST.
    def do_GET(self):
        self.answer()

    do_POST = do_PUT = do_LIST = do_DELETE = do_PATCH = do_HEAD = do_GET

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        path, _, query = self.path.partition("?")
        query = dict(pair.partition("=")[::2] for pair in query.split("&") if pair)
        if path == "/control":
            return self.control(raw)
        method = {"PUT": "POST"}.get(self.command, self.command)
        if method == "GET" and query.get("list") == "true":
            method = "LIST"
        token = self.headers.get("X-Vault-Token")
        with VAULT.lock:
            VAULT.requests.append({
                "method": method, "path": self.path, "token": token, "namespace": self.headers.get("X-Vault-Namespace"),
                "request": self.headers.get("X-Vault-Request"), "host": self.headers.get("Host"),
            })
            control = VAULT.control
        if control["hang"]:
            time.sleep(3600)
        if control["slow"]:
            time.sleep(control["slow"])
        try:
            if control["redirect"]:
                return self.send(307, None, {"Location": control["redirect"]})
            if (control["status"] or control["standby"]) and control["times"] > 0:
                control["times"] -= 1
                text = "standby" if control["standby"] else "made to fail"
                raise Refusal(control["standby"] or control["status"], text)
            if control["garbage"] is not None:
                return self.send_raw(200, control["garbage"].encode())
            body = json.loads(raw) if raw else {}
            with VAULT.lock:
                status, document = self.route(method, path, query, body, token)
            self.send(status, document)
        except Refusal as refusal:
            errors = [error + (" " + token if control["echo"] and token else "") for error in refusal.errors]
            headers = {"Retry-After": str(control["retry_after"])} if control["retry_after"] is not None else {}
            self.send(refusal.status, refusal.body if refusal.body is not None else {"errors": errors}, headers)

    def control(self, raw):
        with VAULT.lock:
            change = json.loads(raw) if raw else {}
            for text in change.pop("revoke", []):
                VAULT.tokens.pop(text, None)
            if change.pop("revoke_all", False):
                VAULT.tokens = {"hvs.root": VAULT.tokens["hvs.root"]}
            for text, token in change.pop("tokens", {}).items():
                VAULT.tokens[text] = VAULT.new_token(
                    token.get("policies", ["default"]), token.get("ttl", 0), token.get("renewable", True), token.get("prefix", ""))
            if change.pop("forget_requests", False):
                VAULT.requests = []
            VAULT.control.update(change)
            self.send(200, {"control": VAULT.control, "requests": VAULT.requests, "tokens": sorted(VAULT.tokens)})

    def send(self, status, document, headers=None):
        self.send_raw(status, b"" if document is None else json.dumps(document).encode(), headers)

    def send_raw(self, status, data, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if data:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    # MARK: Routes

    def route(self, method, path, query, body, token_text):
        if not path.startswith("/v1/"):
            raise Refusal(404, 'no handler for route "%s"' % path.lstrip("/"))
        parts = path[4:].strip("/").split("/")
        if parts[:2] == ["sys", "health"]:
            return self.health(query)
        if parts == ["sys", "init"]:
            return 200, {"initialized": True}
        if parts[:2] == ["sys", "seal-status"]:
            sealed = VAULT.control["sealed"]
            status = {
                "type": "shamir", "initialized": True, "sealed": sealed, "t": 1, "n": 1, "progress": 0, "nonce": "",
                "version": "1.19.0", "build_date": "2025-03-04T12:36:40Z", "migration": False, "recovery_seal": False,
                "storage_type": "inmem",
            }
            return 200, status if sealed else {**status, "cluster_name": "stand-in", "cluster_id": "1"}
        if VAULT.control["sealed"]:
            raise Refusal(503, "Vault is sealed")
        if parts[0] == "auth" and parts[-1] == "login":
            return self.login(parts, body)
        if parts[:2] == ["sys", "wrapping"] and parts[2:] == ["unwrap"]:
            return self.unwrap(body, token_text)
        token = VAULT.token(token_text)
        if token is None:
            if token_text:
                raise Refusal(403, "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n")
            raise Refusal(403, "permission denied")
        if parts[:2] == ["auth", "token"]:
            return self.tokens(parts[2:], body, token_text, token)
        if parts[:4] == ["sys", "internal", "ui", "mounts"]:
            return self.mount(parts[4:])
        if not "/".join(parts).startswith(token["prefix"]):
            raise Refusal(403, "1 error occurred:\n\t* permission denied\n\n")
        if parts[0] == "secret":
            return self.version2(method, parts[1:], query, body)
        if parts[0] == "kv":
            return self.version1(method, parts[1:], body)
        raise Refusal(404, 'no handler for route "%s". route entry not found.' % "/".join(parts))

    def envelope(self, data=None, auth=None, lease=0, renewable=False, mount="system"):
        return 200, {
            "request_id": str(uuid.uuid4()), "lease_id": "", "renewable": renewable, "lease_duration": lease, "data": data,
            "wrap_info": None, "warnings": None, "auth": auth, "mount_type": mount,
        }

    def wrapped(self, answer):
        ttl = self.headers.get("X-Vault-Wrap-TTL")
        if not ttl:
            return answer
        text = "hvs.wrap" + uuid.uuid4().hex
        VAULT.wrapped[text] = answer
        status, document = self.envelope()
        document["wrap_info"] = {
            "token": text, "accessor": uuid.uuid4().hex, "ttl": 60, "creation_time": stamp(time.time()),
            "creation_path": self.path[4:],
        }
        return status, document

    def unwrap(self, body, token_text):
        answer = VAULT.wrapped.pop(body.get("token") or token_text or "", None)
        if answer is None:
            raise Refusal(400, "wrapping token is not valid or does not exist")
        return answer

    def health(self, query):
        if VAULT.control["sealed"]:
            status = 503
        elif VAULT.control["standby"] and VAULT.control["times"] > 0:
            status = 200 if query.get("standbyok") == "true" else VAULT.control["standby"]
        else:
            status = 200
        return status, {
            "initialized": True, "sealed": VAULT.control["sealed"], "standby": status in (429, 472, 473),
            "performance_standby": status == 473, "server_time_utc": int(time.time()), "version": "1.19.0", "enterprise": False,
            "cluster_name": "stand-in", "cluster_id": "1",
        }

    def mount(self, parts):
        if parts[:1] == ["secret"]:
            return self.envelope({"type": "kv", "path": "secret/", "options": {"version": "2"}, "description": ""})
        if parts[:1] == ["kv"]:
            return self.envelope({"type": "kv", "path": "kv/", "options": {"version": "1"}, "description": ""})
        raise Refusal(403, "preflight capability check returned 403, please ensure client's policies grant access to path")

    # MARK: Tokens

    def auth(self, text, token):
        return {
            "client_token": text, "accessor": token["accessor"], "policies": token["policies"],
            "token_policies": token["policies"], "metadata": {"role_name": "martlet"}, "lease_duration": token["ttl"],
            "renewable": token["renewable"], "entity_id": "e", "token_type": "service", "orphan": True,
            "mfa_requirement": None, "num_uses": 0,
        }

    def login(self, parts, body):
        if parts[1] != "approle" or body.get("role_id") != "role-1":
            raise Refusal(400, "invalid role or secret ID")
        limit = VAULT.control["secret_id_uses"]
        if body.get("secret_id") != "secret-1" or (limit and VAULT.uses >= limit):
            raise Refusal(400, "invalid secret id")
        VAULT.uses += 1
        text = "hvs.approle" + uuid.uuid4().hex
        VAULT.tokens[text] = VAULT.new_token(["default", "martlet"], VAULT.control["token_ttl"])
        return self.wrapped(
            self.envelope(None, self.auth(text, VAULT.tokens[text]), VAULT.control["token_ttl"], mount=""))

    def tokens(self, parts, body, text, token):
        left = int(token["end"] - time.time()) if token["end"] else 0
        if parts == ["lookup-self"]:
            return self.envelope({
                "accessor": token["accessor"], "creation_time": int(token["created"]), "creation_ttl": token["ttl"],
                "display_name": "token", "entity_id": "", "expire_time": stamp(token["end"]) if token["end"] else None,
                "explicit_max_ttl": 0, "id": text, "meta": None, "num_uses": 0, "orphan": True, "path": "auth/token/create",
                "policies": token["policies"], "renewable": token["renewable"], "ttl": left, "type": "service",
            }, mount="token")
        if parts == ["renew-self"]:
            if not token["renewable"]:
                raise Refusal(400, "lease is not renewable")
            token["end"] = time.time() + token["ttl"]
            return self.envelope(None, self.auth(text, token), token["ttl"], True, "token")
        if parts == ["revoke-self"]:
            VAULT.tokens.pop(text)
            return 204, None
        if parts == ["create"]:
            made = "hvs." + uuid.uuid4().hex
            VAULT.tokens[made] = VAULT.new_token(body.get("policies") or token["policies"], 3600)
            return self.wrapped(self.envelope(None, self.auth(made, VAULT.tokens[made]), 3600, mount="token"))
        raise Refusal(404, 'no handler for route "auth/token/%s". route entry not found.' % "/".join(parts))

    # MARK: Key-value engines

    def listing(self, keys, prefix):
        prefix = prefix + "/" if prefix else ""
        names = sorted({
            rest.split("/")[0] + ("/" if "/" in rest else "")
            for rest in (key[len(prefix):] for key in keys if key.startswith(prefix)) if rest
        })
        if not names:
            raise Refusal(404)
        return self.envelope({"keys": names}, mount="kv")

    def version1(self, method, parts, body):
        path = "/".join(parts)
        if method == "LIST":
            return self.listing(VAULT.v1, path)
        if method == "POST":
            VAULT.v1[path] = body
            return 204, None
        if method == "DELETE":
            VAULT.v1.pop(path, None)
            return 204, None
        if path not in VAULT.v1:
            raise Refusal(404)
        return self.wrapped(self.envelope(VAULT.v1[path], lease=2764800, mount="kv"))

    def version2(self, method, parts, query, body):
        kind, path = parts[0] if parts else "", "/".join(parts[1:])
        if kind == "config":
            if method == "POST":
                VAULT.config.update(body)
                return 204, None
            return self.envelope(VAULT.config, mount="kv")
        secret = VAULT.v2.get(path)
        if kind == "metadata":
            return self.metadata(method, path, secret, body)
        if kind == "data" and method in ("POST", "PATCH"):
            return self.write(method, path, secret, body)
        if secret is None:
            raise Refusal(404)
        versions = secret["versions"]
        if kind == "data" and method == "GET":
            number = int(query.get("version") or 0) or secret["current"]
            if number not in versions:
                raise Refusal(404)
            version = versions[number]
            status, document = self.envelope({"data": version["data"], "metadata": self.described(secret, number)}, mount="kv")
            if version["data"] is None:
                raise Refusal(404, body=document)
            return self.wrapped((status, document))
        if kind == "data" and method == "DELETE":
            self.delete(versions[secret["current"]])
            return 204, None
        for number in body.get("versions", []):
            version = versions.get(int(number))
            if version is None:
                continue
            if kind == "delete":
                self.delete(version)
            elif kind == "undelete" and not version["destroyed"]:
                version.update(data=version["kept"], deleted="")
            elif kind == "destroy":
                version.update(data=None, kept=None, destroyed=True)
        if kind in ("delete", "undelete", "destroy"):
            return 204, None
        raise Refusal(404, 'no handler for route "secret/%s". route entry not found.' % "/".join(parts))

    def delete(self, version):
        version.update(data=None, deleted=stamp(time.time()))

    def described(self, secret, number):
        version = secret["versions"][number]
        return {
            "created_time": version["created"], "custom_metadata": secret["custom"], "deletion_time": version["deleted"],
            "destroyed": version["destroyed"], "version": number,
        }

    def write(self, method, path, secret, body):
        secret = secret or {"current": 0, "versions": {}, "custom": None, "created": stamp(time.time())}
        cas = (body.get("options") or {}).get("cas")
        if cas is None and VAULT.config["cas_required"]:
            raise Refusal(400, "check-and-set parameter required for this call")
        if cas is not None and int(cas) != secret["current"]:
            raise Refusal(400, "check-and-set parameter did not match the current version")
        data = body.get("data")
        if method == "PATCH":
            if not secret["current"]:
                raise Refusal(404)
            old = secret["versions"][secret["current"]]["data"] or {}
            data = {key: value for key, value in {**old, **(data or {})}.items() if value is not None}
        secret["current"] += 1
        secret["versions"][secret["current"]] = {
            "data": data, "kept": data, "created": stamp(time.time()), "deleted": "", "destroyed": False,
        }
        VAULT.v2[path] = secret
        return self.envelope(self.described(secret, secret["current"]), mount="kv")

    def metadata(self, method, path, secret, body):
        if method == "LIST":
            return self.listing(VAULT.v2, path)
        if method in ("POST", "PATCH"):
            secret = secret or {"current": 0, "versions": {}, "custom": None, "created": stamp(time.time())}
            secret["custom"] = body.get("custom_metadata", secret["custom"])
            VAULT.v2[path] = secret
            return 204, None
        if method == "DELETE":
            VAULT.v2.pop(path, None)
            return 204, None
        if secret is None:
            raise Refusal(404)
        return self.envelope({
            "cas_required": False, "created_time": secret["created"], "current_version": secret["current"],
            "custom_metadata": secret["custom"], "delete_version_after": "0s", "max_versions": 0,
            "oldest_version": min(secret["versions"], default=0), "updated_time": secret["created"],
            "versions": {
                str(number): {"created_time": version["created"], "deletion_time": version["deleted"],
                              "destroyed": version["destroyed"]}
                for number, version in secret["versions"].items()
            },
        }, mount="kv")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients that hang up are what some tests are about


def main():
    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    # The handshake belongs to the connection's own thread: one that hangs must not keep others out.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print("https://127.0.0.1:%d" % server.server_address[1], flush=True)
    server.serve_forever()


main()
