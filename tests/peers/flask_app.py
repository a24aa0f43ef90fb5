"""A small but whole Flask application: pages, a form, a redirect, a cookie, a stream and a WebSocket.

Started as `python flask_app.py PORT`.
"""

import sys
import time

from flask import Flask, Response, jsonify, redirect, request, url_for
from flask_sock import Sock

app = Flask(__name__)
sock = Sock(app)


@app.get("/")
def home():
    """A page with a cookie."""
    response = Response("<h1>home</h1>")
    response.set_cookie("visited", "yes")
    return response


@app.get("/sua_rota")
def route():
    """The second location of the configuration."""
    return "sua rota"


@app.get("/sua_rota/<path:rest>")
def below(rest):
    """Below the second location."""
    return f"sua rota: {rest}"


@app.get("/seen")
def seen():
    """The fields and the address that the application sees."""
    return jsonify({"fields": dict(request.headers), "address": request.remote_addr, "url": request.url})


@app.post("/form")
def form():
    """A form and its file."""
    file = request.files.get("file")
    return jsonify({"name": request.form.get("name"), "size": len(file.read()) if file else None})


@app.post("/echo")
def echo():
    """The body as it came."""
    return Response(request.get_data(), content_type=request.content_type)


@app.get("/old")
def old():
    """A redirect to another page."""
    return redirect(url_for("home"))


@app.get("/events")
def events():
    """Server-sent events, each as it happens."""
    def send():
        for number in range(3):
            yield f"data: {number}\n\n"
            time.sleep(0.3)
    return Response(send(), content_type="text/event-stream")


@app.get("/large")
def large():
    """A body longer than any buffer."""
    return Response((b"0123456789" * 10_000 for _ in range(50)), content_type="application/octet-stream")


@app.get("/broken")
def broken():
    """An error of the application's own."""
    return "sorry", 500


@sock.route("/socket")
def socket(connection):
    """Says back what it hears."""
    while True:
        connection.send(connection.receive())


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), threaded=True)
