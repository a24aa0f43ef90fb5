"""The proxy that attacks are made through: nothing but an origin behind it."""

PROXY = """{main}
events {{ worker_connections 1024; }}
http {{
{temporary}
    access_log off;
    upstream origin {{ server 127.0.0.1:{origin}; keepalive 8; }}
    server {{
        listen 127.0.0.1:{port};
        {http2}
        server_name localhost;
        location / {{
            proxy_pass http://origin;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
        }}
    }}
}}
"""
