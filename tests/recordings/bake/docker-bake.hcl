group "default" {
  targets = ["web", "worker"]
}

target "web" {
  target = "web"
  tags = ["shop/web"]
}

target "worker" {
  target = "worker"
  output = ["type=cacheonly"]
}
