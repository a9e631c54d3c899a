// Command etcd is the etcd server of the module that go.mod pins, for tests where no etcd is installed.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
