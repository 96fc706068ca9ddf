package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

const contextKey = "rolewatch"

// options are what tests set and the command line does not.
type options struct {
	// Known are the checks there are.
	Known settings.Catalogue
	// Bootstrap is a folder with a ready bootstrap; empty builds the function.
	Bootstrap string
	// Outdir is where the cloud assembly goes; empty leaves it to the CDK command line.
	Outdir string
	// Context stands for the command line's.
	Context map[string]any
	// Account is that which the command line deploys to; empty where it does not say so.
	Account string
	// Warnings is where what is odd about the settings goes; nil leaves it out.
	Warnings io.Writer
}

// newApp makes the app with all of its stacks. With the hub of an organization, these are the hub's stacks in its account, and the stacks of
// a member in any other account.
func newApp(o options) (awscdk.App, error) {
	app := awscdk.NewApp(appProps(o))
	set, err := readContext(app, o.Known)
	if err != nil {
		return nil, err
	}
	account := o.Account
	if account != "" && (hubOf(set) == nil || account == hubOf(set).Account) {
		if err := set.ForAccount(account); err != nil {
			return nil, err
		}
	}
	for _, warning := range set.Warnings(time.Now()) {
		if o.Warnings != nil {
			fmt.Fprintf(o.Warnings, "rolewatch: warning: %s.%s\n", contextKey, warning)
		}
	}
	if hub := hubOf(set); hub != nil && account != "" && account != hub.Account {
		newMemberStacks(app, set)
		return app, nil
	}
	code, err := functionFolder(o.Bootstrap, set)
	if err != nil {
		return nil, err
	}
	// The asset is copied into the cloud assembly when the stack takes it, so the folder has done its work then.
	defer os.RemoveAll(code)
	others := otherRegions(set)
	home := newHomeStack(app, set, code, others)
	for _, region := range others {
		// The bus must be there before a rule sends to it, or what happens in between is lost.
		newRulesStack(app, set, region).AddStackDependency(home, jsii.String("its rules send to the bus of the home stack"))
	}
	if deploysMembers(set) {
		members, err := newMembersStack(app, set)
		if err != nil {
			return nil, err
		}
		members.AddStackDependency(home, jsii.String("the members' rules send to the bus of the home stack"))
	}
	return app, nil
}

// newMemberStacks makes the stacks of one member, for an account in which no StackSet deploys them. They have one name, each in its Region.
func newMemberStacks(app awscdk.App, set settings.Stack) {
	var global awscdk.Stack
	for _, region := range memberRegions(set) {
		if global == nil {
			global = newMemberStack(app, set, deploy.MemberStack, region)
			continue
		}
		newMemberStack(app, set, deploy.MemberStack+"-"+region, region).AddStackDependency(global, jsii.String("its rules send with a role of the global Region"))
	}
}

func appProps(o options) *awscdk.AppProps {
	props := &awscdk.AppProps{
		// Neither the metadata resource nor the construct tree belongs to what is deployed.
		AnalyticsReporting: jsii.Bool(false),
		TreeMetadata:       jsii.Bool(false),
	}
	if o.Outdir != "" {
		props.Outdir = jsii.String(o.Outdir)
	}
	if o.Context != nil {
		props.Context = &o.Context
	}
	return props
}

// readContext reads the settings. In cdk.json they are an object; on the command line, after -c, they are its text.
func readContext(app awscdk.App, known settings.Catalogue) (settings.Stack, error) {
	switch value := app.Node().TryGetContext(jsii.String(contextKey)).(type) {
	case nil:
		return settings.FromContext(nil, known)
	case string:
		return settings.FromContext([]byte(value), known)
	default:
		text, err := json.Marshal(value, json.Deterministic(true))
		if err != nil {
			return settings.Stack{}, fmt.Errorf("read context %s: %w", contextKey, err)
		}
		return settings.FromContext(text, known)
	}
}

// otherRegions gives the Regions that get a stack of rules: those that are watched, and the one that has IAM's records.
func otherRegions(set settings.Stack) []string {
	all := append(slices.Clone(set.Regions), aws.PartitionOfRegion(set.Home).GlobalRegion)
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(all, func(r string) bool { return r == set.Home })
}

// newStack makes an empty stack in a Region. The account is left open, so that a template does not depend on who made it.
func newStack(app awscdk.App, name, region, description string) awscdk.Stack {
	return awscdk.NewStack(app, jsii.String(name), &awscdk.StackProps{
		StackName:   jsii.String(name),
		Description: jsii.String(description),
		Env:         &awscdk.Environment{Region: jsii.String(region)},
	})
}
