// Command mutants tests whether the tests notice mutants. "mutants patches" puts in the faults of tools/mutants/patches, which people have
// written down, one after the other; each must be noticed. "mutants sample" does so with a sample of faults that rules make. CONTRIBUTING.md
// says how both are run.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	command := &cobra.Command{Use: "mutants", Short: "Test whether the tests notice mutants", SilenceUsage: true}
	workers := command.PersistentFlags().IntP("workers", "j", 2, "how many mutants are tried at the same time")
	command.AddCommand(&cobra.Command{
		Use: "patches [NAME...]", Short: "Try the mutants of the patches, those whose names contain a NAME or all",
		RunE: func(_ *cobra.Command, names []string) error {
			return inModule(func(root, scratch string) error { return tryPatches(ctx, root, scratch, names, *workers) })
		},
	})
	size := 0
	sampling := &cobra.Command{
		Use: "sample [PACKAGE...]", Short: "Try a sample of the mutants that rules make of the packages named, or of all of which samples are drawn",
		RunE: func(_ *cobra.Command, packages []string) error {
			if len(packages) == 0 {
				packages = sampled
			}
			return inModule(func(root, scratch string) error { return trySample(ctx, root, scratch, packages, size, *workers) })
		},
	}
	sampling.Flags().IntVarP(&size, "size", "n", sampleSize, "how many mutants of a package are tried")
	command.AddCommand(sampling)
	if command.Execute() != nil {
		os.Exit(1)
	}
}

// inModule runs something in the module around the present folder, with a scratch folder.
func inModule(do func(root, scratch string) error) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	return do(root, scratch)
}

func moduleRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", fmt.Errorf("there is no go.mod here or above")
		}
		folder = parent
	}
}
