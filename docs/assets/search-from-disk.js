// Lets the search work where the pages lie on a disk: browsers start no worker from a file. A hidden frame takes its
// place, which runs the same script; on a server nothing is replaced. The script of the theme asks for the name
// IFrameWorker to find the files beside it.
if (location.protocol === "file:") {
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      this.frame.title = "Search"
      this.frame.srcdoc = "<!doctype html><title>Search</title>"
      this.ready = new Promise(resolve => this.frame.addEventListener("load", resolve, { once: true })).then(() => {
        const inner = this.frame.contentWindow
        inner.postMessage = data => this.deliver(data)
        inner.importScripts = (...urls) => urls.reduce((done, each) => done.then(() => this.load(each)), Promise.resolve())
        return this.load(new URL(url, location.href).href)
      })
      document.body.append(this.frame)
    }

    load(url) {
      return new Promise((resolve, reject) => {
        const script = this.frame.contentDocument.createElement("script")
        script.src = url
        script.onload = resolve
        script.onerror = reject
        this.frame.contentDocument.body.append(script)
      })
    }

    deliver(data) {
      const event = new MessageEvent("message", { data })
      this.dispatchEvent(event)
      if (this.onmessage) this.onmessage(event)
    }

    postMessage(data) {
      this.ready.then(() => {
        const inner = this.frame.contentWindow
        inner.dispatchEvent(new inner.MessageEvent("message", { data }))
      })
    }

    terminate() {
      this.frame.remove()
    }
  }
}
