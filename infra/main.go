// Command infra is rolewatch's CDK app. It owns what is deployed and nothing of what runs there: the rules come from
// package events, the variables of the function from package settings.
package main

import (
	"fmt"
	"os"

	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/settings"
)

// accountVariable is where the CDK command line says which account it deploys to:
// https://docs.aws.amazon.com/cdk/v2/guide/configure-env.html
const accountVariable = "CDK_DEFAULT_ACCOUNT"

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
	app, err := newApp(options{Known: settings.Known(), Account: os.Getenv(accountVariable), Warnings: os.Stderr})
	if err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}
