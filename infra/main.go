// Command infra is rolewatch's CDK app. It owns what is deployed and nothing of what runs there: the rules come from
// package events, the variables of the function from package settings.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/settings"
)

// accountVariable is where the CDK command line says which account it deploys to:
// https://docs.aws.amazon.com/cdk/v2/guide/configure-env.html
const accountVariable = "CDK_DEFAULT_ACCOUNT"

// settingsFile is where the CDK command line reads the context from.
const settingsFile = "cdk.json"

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
	if args := os.Args[1:]; len(args) > 0 {
		return writeMemberTemplate(args)
	}
	app, err := newApp(options{Known: settings.Known(), Account: os.Getenv(accountVariable), Warnings: os.Stderr})
	if err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}

// writeMemberTemplate writes the template of a member to a file, by the settings of cdk.json in the working directory.
func writeMemberTemplate(args []string) error {
	if len(args) != 2 || args[0] != "member-template" {
		return fmt.Errorf("%q: without arguments, infra is an app of the CDK; member-template FILE writes the template of a member", args)
	}
	text, err := os.ReadFile(settingsFile)
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	set, err := settings.StackFromFile(text, settings.Known())
	if err != nil {
		return fmt.Errorf("%s: %w", settingsFile, err)
	}
	if hubOf(set) == nil {
		return errors.New(settingsFile + ": context." + contextKey + ".organization has no \"hub\", and only the hub of an organization has members")
	}
	template, err := memberTemplate(set)
	if err != nil {
		return err
	}
	return os.WriteFile(args[1], append(template, '\n'), 0o644)
}
