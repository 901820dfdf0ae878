#!/usr/bin/env python3
"""A driver of your own: each resource is a file with a name, a size and a token. Run it as: driver.py FOLDER [PORT]"""
import base64, json, os, re, secrets, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

FOLDER, PORT = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0


class Driver(BaseHTTPRequestHandler):
    def answer(self, status, body=None, cookie=None):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if cookie is not None:
            self.send_header("Set-Humanitec-Driver-Cookie", base64.b64encode(json.dumps(cookie).encode()).decode())
        self.end_headers()
        self.wfile.write(data)

    def file(self):
        name = self.path.rsplit("/", 1)[-1]
        return os.path.join(FOLDER, name + ".json") if re.fullmatch("[0-9a-f]{40}", name) else None

    def kept(self):
        try:
            with open(self.file()) as file:
                return json.load(file)
        except (FileNotFoundError, TypeError):
            return None

    def resource(self, kept):
        values = {"name": kept["name"], "size": kept["size"]}
        return {"type": kept["type"], "resource": {"values": values, "secrets": {"token": kept["token"]}}, "manifests": []}

    def do_PUT(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        size = request["resource"].get("size", 1)
        if not self.file() or not isinstance(size, int) or size > 100:
            return self.answer(400, {"error": "size", "message": "size is a whole number up to 100"})
        # Made once: the same request again must change nothing, and give the same answer.
        kept = self.kept() or {"token": secrets.token_urlsafe(24)}
        kept.update(type=request["type"], name=request["driver"]["values"]["name"], size=size)
        with open(self.file() + ".new", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            json.dump(kept, file)
        os.replace(self.file() + ".new", self.file())
        self.answer(200, self.resource(kept), cookie={"size": size})

    def do_GET(self):
        kept = self.kept()
        self.answer(200, self.resource(kept)) if kept else self.answer(404)

    def do_DELETE(self):
        if self.kept():
            os.remove(self.file())
        self.answer(204)  # also when it was gone already


server = HTTPServer(("127.0.0.1", PORT), Driver)
print(f"http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
