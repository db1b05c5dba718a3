"""The optimizers of a method's players, as a config says."""

from tfmask.ops.errors import UserError, unknown_name


def optimizer_factory(config, steps_an_epoch, step):
    """Function of the name of a player's settings that makes its optimizer.

    Args:
        config: `TrainConfig`.
        steps_an_epoch: int.
        step: int variable, number of training steps.
    """
    from tfmask.layers.normalization import addons_member
    from tfmask.ops.optimizers import (
        Adam,
        PyTorchAdam,
        StartedRMSprop,
        with_l2,
    )
    from tfmask.ops.schedules import EpochwiseHalving, EpochwiseLinearDecay

    options = config.optimizer
    arguments = {
        "beta_1": options.beta_1,
        "beta_2": options.beta_2,
        "epsilon": options.epsilon,
    }
    if options.name == "rmsprop":
        arguments = {
            "rho": options.beta_2,
            "epsilon": options.epsilon,
            "start": options.squares_start,
        }
    if options.ema_momentum is not None:
        arguments |= {"use_ema": True, "ema_momentum": options.ema_momentum}
    kind, _, name = options.name.partition(":")
    if kind == "addons":
        make = addons_member("optimizers", name)
    elif options.name == "adam":
        forms = {"tensorflow": Adam, "pytorch": PyTorchAdam}
        make = forms[options.epsilon_form]
    elif options.name == "rmsprop":
        make = StartedRMSprop
    else:
        raise unknown_name(
            "optimizer", options.name, ["adam", "rmsprop", "addons:OPTIMIZER"]
        )
    if options.l2:
        if kind == "addons":
            raise UserError(
                "--optimizer.l2 goes with adam and rmsprop, not with "
                f"tensorflow-addons' optimizers. Got: {options.name}."
            )
        make = with_l2(make, options.l2)

    def optimizer(settings):
        rate = options.learning_rate
        if settings == "discriminator":
            rate = options.discriminator_learning_rate or rate
        if settings == "content":
            rate = options.content_learning_rate or rate
        if settings == "lessons":
            return lesson_optimizer(config, steps_an_epoch, step)
        shared = {
            "step": step,
            "epoch_steps": steps_an_epoch,
            "constant_epochs": options.constant_epochs,
        }
        if options.halving_epochs is None:
            schedule = EpochwiseLinearDecay(
                rate, decay_epochs=options.decay_epochs, **shared
            )
        else:
            schedule = EpochwiseHalving(
                rate,
                halving_epochs=options.halving_epochs,
                factor=options.halving_factor,
                **shared,
            )
        try:
            return make(learning_rate=schedule, **arguments)
        except TypeError as error:
            raise UserError(
                f"The optimizer `{options.name}` does not take Adam's "
                f"arguments: {error}. Choose another --optimizer.name."
            ) from error

    return optimizer


def lesson_optimizer(config, steps_an_epoch, step):
    """Adam for lessons; its rate is constant, then falls to 0 at their end."""
    from tfmask.ops.optimizers import Adam
    from tfmask.ops.schedules import EpochwiseLinearDecay

    options = config.method
    half = options.lesson_epochs / 2
    return Adam(
        EpochwiseLinearDecay(
            config.optimizer.lesson_learning_rate,
            epoch_steps=steps_an_epoch,
            constant_epochs=options.first_lesson_epoch + half,
            decay_epochs=half,
            step=step,
        )
    )
