"""Cases that others of the same test stand for in the usual run: they are heavy, so that it stays short.

By the file of a test and its name, with what is parametrized; and tests with many cases alike, of which the
usual run has every second or third one, others in each file, so that each rule of the catalog is still seen
somewhere.
"""

from __future__ import annotations

LONG_CASES: dict[str, set[str]] = {
    "test_notebook": {"test_the_notebook_shows_what_it_was_committed_with"},
    "test_programs_trainer": {
        "test_resumed_in_the_middle[Lion-plain]",
        "test_resumed_in_the_middle[AdamW-default]",
        "test_resumed_in_the_middle[Opt4-fused]",
        "test_options_of_the_trainer[max_grad_norm]",
        "test_an_optimizer_and_a_schedule_that_are_given[pytorch_optimizer.Lion]",
    },
    "test_render": {
        "test_a_rule_of_the_deepest_kind_is_rendered[ema-torch]",
        "test_a_rule_of_the_deepest_kind_is_rendered[ema_hat-torch]",
        "test_a_rule_of_the_deepest_kind_is_rendered[delta-torch]",
    },
    "test_keras_optimizer": {
        "test_it_trains_with_xla[Opt4-keras]",
        "test_it_trains_with_xla[Opt9-tensorflow]",
        "test_it_trains_with_xla[Opt10-keras]",
        "test_it_equals_keras_own[AdamWKeras-tensorflow]",
        "test_it_equals_keras_own[Nesterov-tensorflow]",
        "test_a_saved_model_continues_identically[Opt4-tensorflow]",
        "test_a_saved_model_continues_identically[Dropped-tensorflow]",
        "test_configuration_under_mirrored_strategy[Opt10]",
    },
    "test_keras_own_tests": {"test_rendered_optimizers_pass[torch-some]"},
    "test_optax_derivatives": {"test_derivatives_of_first_and_second_order[Adam-float32]"},
    "test_never_broken": {"test_learning_rate_zero[1]"},
    "test_functions": {"test_jax_functions_have_derivatives_of_every_order[i1e_small-scipy.special.i1e]"},
    "test_particles": {
        "test_candidates_are_batched_in_their_order[True-1]",
        "test_candidates_are_batched_in_their_order[False-1]",
        "test_the_result_does_not_depend_on_what_ends_first[off-regularized]",
        "test_the_result_does_not_depend_on_what_ends_first[off-random]",
    },
    "test_evidence": {
        "test_killed_and_resumed_it_comes_to_the_same[17]",
        "test_killed_and_resumed_it_comes_to_the_same[60]",
        "test_killed_and_resumed_it_comes_to_the_same[1]",
        "test_killed_and_resumed_it_comes_to_the_same[5]",
    },
    "test_hidden_tasks": {"test_killed_there_and_resumed_it_comes_to_the_same[1]"},
    "test_keras_devices": {"test_slots_lie_where_their_variable_lies[adam]"},
    "test_keras_doubles": {"test_doubles_stay_doubles[torch]", "test_doubles_stay_doubles[jax]"},
    "test_opaque": {"test_random_rules_keep_their_values[0-2]"},
    "test_optax_agreement": {"test_random_rules[0-6]"},
    "test_equivalence": {"test_no_counterexample_separates_a_random_rule_from_its_form_or_its_core[77]"},
    "test_memory": {"test_it_pickles_into_another_process[5]"},
    "test_own_trainers": {"test_json_is_all_that_is_on_standard_output[60]"},
    "test_encode": {
        "test_every_optimizer_of_the_catalog_becomes_a_genome_of_it[1-PowerSign]",
        "test_every_optimizer_of_the_catalog_becomes_a_genome_of_it[1-PowerSignLD]",
        "test_every_optimizer_of_the_catalog_becomes_a_genome_of_it[None-PowerSign]",
    },
    "test_framework_optimizers": {"test_keras[AMSGradKeras]"},
}

THINNED: dict[tuple[str, str], tuple[int, int]] = {
    ("test_agreement", "test_catalog"): (2, 0),
    ("test_optax_agreement", "test_catalog"): (3, 1),
    ("test_keras_agreement", "test_catalog_in_keras"): (3, 2),
    ("test_never_broken", "test_zero_gradients"): (2, 1),
    ("test_torch_runtime", "test_both_files_train_to_the_same_bits"): (3, 0),
    ("test_torch_modes", "test_every_rule_is_one_graph"): (3, 1),
    ("test_step_choices", "test_it_is_the_rule"): (2, 0),
    ("test_special_values", "test_special_values"): (2, 1),
    ("test_block_rendering", "test_random_blocks"): (2, 0),
    ("test_optax_slopes", "test_derivatives"): (2, 1),
    ("test_plugins", "test_an_error_in_a_plug_in_names_the_plug_in"): (3, 0),
    ("test_render", "test_a_rule_of_the_deepest_kind_is_rendered"): (3, 0),
    ("test_render", "test_a_class_may_have_the_name_of_a_variable"): (4, 1),
    ("test_encode", "test_every_optimizer_of_the_catalog_becomes_a_genome_of_it"): (3, 2),
}
"""File and name of a test to how many of its cases one stands for, and the first that is run."""
