// Command infra is rolewatch's CDK app. It owns what is deployed and nothing of what runs there: the rules come from
// package events, the variables of the function from package settings.
package main

import (
	"fmt"
	"os"

	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/settings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "rolewatch:", err)
		os.Exit(1)
	}
}

// run makes the cloud assembly where the CDK command line wants it. It is a function of its own so that what it defers
// runs before the process exits.
func run() error {
	defer jsii.Close()
	app, err := newApp(options{Known: settings.Known(), Warnings: os.Stderr})
	if err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}
